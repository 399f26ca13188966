import { GRANTABLE, ObjectKind, Privilege } from "./privileges";
import { textProblem } from "./rules";

/**
 * Something that PUBLIC, or a login that may act as an owner, may do in a database that Leasehold did not make. Which of the names
 * it has follows from its kind.
 */
export interface KnownRight {
  /** `PUBLIC`, which is every login of the server, or the name of a login. */
  readonly who: string;
  /** A privilege as GRANT writes it; `ACT AS` of a role. */
  readonly privilege: string;
  /** `database`, `schema`, `table`, `column`, `sequence`, `function`; `role` of one that owns something. */
  readonly kind: string;
  /** The schema. @default - a database and a role have none */
  readonly schema?: string;
  /** The table, sequence, function with its argument types, or role. @default - a database and a schema have none */
  readonly name?: string;
  /** The column. @default - only columns have one */
  readonly column?: string;
}

/** What PUBLIC and the owners may do in one database, as `leasehold preflight --rights` looked it up. */
export interface KnownRights {
  /** Version of this form: 1. */
  readonly version: number;
  /** The database that was looked at. */
  readonly database: string;
  /** The day on which it was looked up: `2026-05-01`. It stands in the report. */
  readonly lookedUp: string;
  /** All of them, in a fixed order. */
  readonly rights: KnownRight[];
}

/** What PUBLIC may have beyond what a program grants. */
export type RightVerb = Privilege | "CREATE" | "MAINTAIN" | "ACT AS";

/** The names that an object of each kind has, and what may be held on it. */
const KINDS: Readonly<Record<ObjectKind | "role", { names: readonly string[]; verbs: readonly RightVerb[] }>> = {
  database: { names: [], verbs: [...GRANTABLE.database, "CREATE"] },
  schema: { names: ["schema"], verbs: [...GRANTABLE.schema, "CREATE"] },
  table: { names: ["schema", "name"], verbs: [...GRANTABLE.table, "MAINTAIN"] },
  column: { names: ["schema", "name", "column"], verbs: GRANTABLE.column },
  sequence: { names: ["schema", "name"], verbs: GRANTABLE.sequence },
  function: { names: ["schema", "name"], verbs: GRANTABLE.function },
  role: { names: ["name"], verbs: ["ACT AS"] },
};

/** What a right may be on. */
export const RIGHT_KINDS = Object.keys(KINDS);

/** What is wrong with rights that were looked up, as they were given to the program. */
export function knownRightsProblem(known: KnownRights, database: string): string | undefined {
  if (known.version !== 1) return `have version ${JSON.stringify(known.version)}, and this Leasehold reads version 1`;
  if (known.database !== database) return `are of the database ${JSON.stringify(known.database)}`;
  if (!isDay(known.lookedUp))
    return `were looked up at ${JSON.stringify(known.lookedUp)}, which is not a day such as "2026-05-01"`;
  for (const [index, right] of known.rights.entries()) {
    const problem = rightProblem(right);
    if (problem !== undefined) return `hold an entry ${index + 1} that ${problem}: ${JSON.stringify(right)}`;
  }
  return undefined;
}

function rightProblem(right: KnownRight): string | undefined {
  if (!Object.hasOwn(KINDS, right.kind)) return `has an unknown kind ${JSON.stringify(right.kind)}`;
  const { names, verbs } = KINDS[right.kind as keyof typeof KINDS];
  if (!(verbs as readonly string[]).includes(right.privilege))
    return `has a privilege that a ${right.kind} does not have, ${JSON.stringify(right.privilege)}`;
  if (right.who === "" || textProblem(right.who) !== undefined) return "names nobody";
  for (const name of ["schema", "name", "column"] as const) {
    const given = right[name];
    if ((given !== undefined) !== names.includes(name))
      return given === undefined ? `has no \`${name}\`` : `has a \`${name}\`, which a ${right.kind} does not have`;
    if (given !== undefined && (given === "" || textProblem(given) !== undefined)) return `has no usable \`${name}\``;
  }
  return undefined;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
