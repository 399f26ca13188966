import * as fc from "fast-check";
import type { AccessObject } from "../../access/model/graph";
import { GRANTABLE, Privilege } from "../../access/model/privileges";

/**
 * A small world in which every grant and every question can be written out, point by point: one privilege on one column, sequence,
 * function, schema or database. The last of each list is never granted by name: it stands for what is made later.
 */
export const SCHEMAS = ["a1", "a2", "a9"];
export const NAMES = ["n1", "n2", "n9"];
export const COLUMNS = ["c1", "c2", "c9"];

export interface Grant {
  readonly object: AccessObject;
  readonly privilege: Privilege;
}

type Family = "database" | "schema" | "table" | "sequence" | "function";
export type Points = ReadonlySet<string>;

/** Every object of a family whose parts are chosen. */
function places(family: Family, schema: Chosen, name: Chosen, column: Chosen): string[] {
  if (family === "database") return ["-"];
  const schemas = SCHEMAS.filter(schema);
  if (family === "schema") return schemas;
  const named = schemas.flatMap((s) => NAMES.filter(name).map((n) => `${s}.${n}`));
  return family === "table" ? named.flatMap((n) => COLUMNS.filter(column).map((c) => `${n}.${c}`)) : named;
}

type Chosen = (part: string) => boolean;

/** What the grant allows. */
export function granted({ object, privilege }: Grant): string[] {
  const is =
    (part?: string): Chosen =>
    (candidate) =>
      part === undefined || part === candidate;
  const family = object.kind === "column" ? "table" : object.kind;
  return places(family, is(object.schema), is(object.name), is(object.column)).map(
    (place) => `${family} ${place} ${privilege}`,
  );
}

/** A question: parts as they are written, from the schema on. */
export interface Asked {
  readonly privilege: Privilege | "ANY";
  readonly parts: readonly string[];
}

/** What the question is about, by family; of `ANY` what reaches data. */
export function asked({ privilege, parts }: Asked): ReadonlyMap<Family, readonly string[]> {
  const fits =
    (index: number): Chosen =>
    (candidate) => {
      const part = parts[index];
      if (part === undefined) return true;
      return part.endsWith("*") ? candidate.startsWith(part.slice(0, -1)) : part === candidate;
    };
  const least: Record<Family, number> = { database: 0, schema: 1, table: 3, sequence: 2, function: 2 };
  const found = new Map<Family, string[]>();
  for (const family of Object.keys(least) as Family[]) {
    if (parts.length > least[family] || (privilege === "ANY" && least[family] < 2)) continue;
    const verbs = GRANTABLE[family].filter((verb) => privilege === "ANY" || verb === privilege);
    const points = places(family, fits(0), fits(1), fits(2)).flatMap((at) => verbs.map((v) => `${family} ${at} ${v}`));
    if (points.length > 0) found.set(family, points);
  }
  return found;
}

const schema = fc.constantFrom("a1", "a2");
const name = fc.constantFrom("n1", "n2");
const column = fc.constantFrom("c1", "c2");
const on = (object: fc.Arbitrary<AccessObject>): fc.Arbitrary<Grant> =>
  object.chain((of) => fc.constantFrom(...GRANTABLE[of.kind]).map((privilege) => ({ object: of, privilege })));
const kind = fc.constantFrom("table" as const, "sequence" as const, "function" as const);

/** A grant that the graph can hold. */
export const grant: fc.Arbitrary<Grant> = fc.oneof(
  on(fc.constant({ kind: "database" as const })),
  on(fc.record({ kind: fc.constant("schema" as const), schema })),
  on(fc.record({ kind, schema })),
  on(fc.record({ kind, schema, name })),
  on(fc.record({ kind: fc.constant("column" as const), schema, name, column })),
);

/** A question that makes sense. */
export const question: fc.Arbitrary<Asked> = fc
  .tuple(
    fc.constantFrom(...SCHEMAS, "*", "a*"),
    fc.constantFrom(...NAMES, "*", "n*"),
    fc.constantFrom(...COLUMNS, "*", "c*"),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([s, n, c, depth]) => [s, n, c].slice(0, depth))
  .chain((parts) => {
    const kinds = (
      [
        ["database", "schema", "table", "sequence", "function"],
        ["schema", "table", "sequence", "function"],
        ["table", "sequence", "function"],
        ["column"],
      ] as const
    )[parts.length];
    const verbs = [...new Set(kinds.flatMap((each) => GRANTABLE[each]))];
    return fc.constantFrom("ANY" as const, ...verbs).map((privilege) => ({ privilege, parts }));
  });
