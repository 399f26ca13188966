import type { DatabaseKey, GrantedObject } from "../access/diff/granted-object";
import { AccessObject, byCodeUnit, objectKey, Provenance } from "../access/model/graph";
import { formatSeconds } from "../access/model/duration";
import type { Clock, Lifetime } from "../access/model/lifetime";
import { markdownCellCode, markdownCode, visible } from "./escape";
import { quoteIdentifier } from "../access/model/sql-quoting";

/**
 * A text before it is known where it will be shown: a string is our own word, `{ name }` is somebody else's and may
 * hold anything. Only the functions at the end of this file make text of it.
 */
export type Piece = string | { readonly name: string };

/** A cell of a table, or a line. A line break is our own `"\n"`. */
export type Words = readonly Piece[];

/** The rows of a table; a list is such rows. */
export interface Rows {
  readonly length: number;
  map<T>(write: (cells: readonly Words[]) => T): T[];
}

/** Rows that are made one by one while they are written: a large report has tens of thousands, and needs each once. */
export function rowsOf<T>(items: readonly T[], row: (item: T) => readonly Words[]): Rows {
  return { length: items.length, map: (write) => items.map((item) => write(row(item))) };
}

/** Somebody else's word. */
export function named(name: string): Piece {
  return { name };
}

/** Words with a separator between them. */
export function joined(all: readonly Words[], separator: string): Words {
  return all.flatMap((words, index) => (index === 0 ? words : [separator, ...words]));
}

/** `1 grant`, `2 grants`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** An identifier as it can stand beside a dot: quoted as in SQL where it holds anything else than letters, digits, `_`, `$`, `-`. */
export function identifier(name: string): string {
  return /^[\p{L}\p{N}_$-]+$/u.test(name) ? name : quoteIdentifier(name);
}

/** Names databases: by `shop`, or by `main/shop` where several servers have one of this name. */
export type DatabaseNames = (database: DatabaseKey) => string;

export function databaseNames(databases: readonly DatabaseKey[]): DatabaseNames {
  const instances = new Map<string, Set<string>>();
  for (const { instance, database } of databases)
    instances.set(database, (instances.get(database) ?? new Set()).add(instance));
  return ({ instance, database }) =>
    (instances.get(database)?.size ?? 0) > 1 ? `${identifier(instance)}/${identifier(database)}` : identifier(database);
}

/** An object with its database, as `who-can` takes it: `shop.sales.wizard(name, email)`. @param columns those of the table, joined */
export function objectWords(object: GrantedObject, database: string | undefined, columns?: readonly string[]): Words {
  const within = (name: string): string => (database === undefined ? name : `${database}.${name}`);
  switch (object.kind) {
    case "vault":
      return ["Vault"];
    case "policy":
      return ["policy ", named(object.name)];
    case "identity":
      return [named(object.name)];
    case "owner":
      return [
        named(object.name),
        " and all that it owns",
        ...(database === undefined ? [] : [" in ", named(database)]),
      ];
    case "wire":
      return ["the connections", ...(database === undefined ? [] : [" to ", named(database)])];
    case "database":
      return ["database ", named(database ?? "")];
    case "schema":
      return ["schema ", named(within(identifier(object.schema ?? "")))];
    case "table":
    case "column":
    case "sequence":
    case "function": {
      const kind = object.kind === "table" || object.kind === "column" ? "" : `${object.kind} `;
      const schema = identifier(object.schema ?? "");
      if (object.name === undefined) return [kind, named(within(`${schema}.*`)), " (and those to come)"];
      const cells = columns ?? (object.column === undefined ? [] : [object.column]);
      const list = cells.length === 0 ? "" : `(${cells.map(identifier).join(", ")})`;
      return [kind, named(within(`${schema}.${objectName(object.kind, object.name)}`) + list)];
    }
  }
}

/** Objects of one database; columns of one table are one. */
export function objectsWords(objects: readonly AccessObject[], database: string): Words[] {
  const tables = new Map<string, { object: AccessObject; columns?: string[] }>();
  for (const object of objects) {
    const { schema, name, column } = object;
    if (column === undefined) tables.set(objectKey(object), { object });
    else {
      const key = objectKey({ kind: "column", schema, name });
      const known = tables.get(key)?.columns;
      if (known) known.push(column);
      else tables.set(key, { object: { kind: "table", schema, name }, columns: [column] });
    }
  }
  return [...tables.values()].map(({ object, columns }) => objectWords(object, database, columns?.sort(byCodeUnit)));
}

/** A function's argument types belong to its name and need no quotes. */
function objectName(kind: string, name: string): string {
  const signature = kind === "function" ? /^([^()]+)(\([^()]*\))$/.exec(name) : null;
  return signature ? identifier(signature[1]) + signature[2] : identifier(name);
}

/** `1h/24h`, or who decides. */
export function clockWords(clock: Clock | undefined, absent: string): string {
  return clock ? `${formatSeconds(clock.ttl)}/${formatSeconds(clock.max)}` : absent;
}

/** The clock of the token, with that of a deleted pod where one runs: `1h/24h, deleted pod 11m`. */
export function tokenClockWords({ token, deletedPod }: Lifetime): string {
  const after = deletedPod === undefined ? [] : [`deleted pod ${formatSeconds(deletedPod.max)}`];
  return [clockWords(token, "set elsewhere"), ...after].join(", ");
}

/** A line of the user's program; the construct's path where it could not be told. */
export function placeName({ path, source }: Provenance): string {
  return source ?? path;
}

/** The first places by name, the others counted. */
export function placesWords(places: readonly Provenance[], most = 3): Words {
  const names = [...new Set(places.map(placeName))];
  const more = names.length - most;
  return [
    ...joined(
      names.slice(0, most).map((name) => [named(name)]),
      ", ",
    ),
    ...(more > 0 ? [` and ${more} more`] : []),
  ];
}

/** For a terminal: plain text, of which a name forms no line of its own. */
export function toText(words: Words): string {
  return words.map((piece) => (typeof piece === "string" ? piece : visible(piece.name))).join("");
}

/** For a paragraph or a list of Markdown. */
export function toMarkdown(words: Words): string {
  return words.map((piece) => (typeof piece === "string" ? piece : markdownCode(piece.name))).join("");
}

/** For a cell of a Markdown table. */
export function toMarkdownCell(words: Words): string {
  return words
    .map((piece) => (typeof piece === "string" ? piece.replace(/\n/g, "<br>") : markdownCellCode(piece.name)))
    .join("");
}

/** A table of Markdown. */
export function markdownTable(header: readonly string[], rows: Rows): string {
  return [
    markdownRow(header.map((title) => [title])),
    `|${" --- |".repeat(header.length)}`,
    ...rows.map((cells) => markdownRow(cells)),
  ].join("\n");
}

export function markdownRow(cells: readonly Words[]): string {
  return `| ${cells.map((cell) => toMarkdownCell(cell) || " ").join(" | ")} |`;
}

/** Verbs are our own words, unless a report holds others than we write. */
export function privilegeWords(privileges: readonly string[]): Words {
  return joined(
    privileges.map((privilege) => [/^[A-Z ]{1,30}$/.test(privilege) ? privilege : named(privilege)]),
    ", ",
  );
}
