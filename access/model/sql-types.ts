/**
 * Other names of types (PostgreSQL manual, table 8.1, and the grammar's), each with the one that `format_type` prints. This is the
 * only such table: a signature that a program writes means one function, whoever asks.
 */
const TYPES: Readonly<Record<string, string>> = {
  int: "integer",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  bool: "boolean",
  float: "double precision",
  float4: "real",
  float8: "double precision",
  dec: "numeric",
  decimal: "numeric",
  char: "character",
  bpchar: "character",
  nchar: "character",
  "national char": "character",
  "national character": "character",
  varchar: "character varying",
  "char varying": "character varying",
  "national char varying": "character varying",
  "national character varying": "character varying",
  "nchar varying": "character varying",
  varbit: "bit varying",
  time: "time without time zone",
  timetz: "time with time zone",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
};

/** A type by the name that PostgreSQL prints for it. */
export function typeName(written: string): string {
  const [, plain, array] = /^(.*?)((?:\s*\[\])*)$/s.exec(
    written.trim().toLowerCase().replace(/\s+/g, " "),
  ) as RegExpExecArray;
  // However many dimensions are written, PostgreSQL knows one type of array.
  return (Object.hasOwn(TYPES, plain) ? TYPES[plain] : plain) + (array === "" ? "" : "[]");
}

/** A function's name and, where they are written, the types of its arguments by the names that PostgreSQL prints. */
export function signatureOf(name: string): { readonly base: string; readonly types?: readonly string[] } {
  const [, base, types] = /^([^()]+)\(([^()]*)\)$/.exec(name) ?? [];
  if (base === undefined) return { base: name };
  return { base, types: types.trim() === "" ? [] : types.split(",").map(typeName) };
}
