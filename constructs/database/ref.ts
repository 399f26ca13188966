import { Construct } from "constructs";
import { AccessObject } from "../../access/model/graph";
import { GRANTABLE, ObjectKind, Privilege, unknownPrivileges } from "../../access/model/privileges";
import { IGrantee } from "../contracts/identity";
import { identityOf } from "../identity/grantee";
import { report } from "../private/findings";
import { userLine } from "../private/source-line";
import type { AccessEdge } from "./access-edge";
import { described } from "../private/described";

/** @internal What grants: the access to the database that an object is in. */
export interface GrantedBy extends Construct {
  access(who: IGrantee): AccessEdge;
}

/** What a statement of grants made: the edges, one per grantee. */
export interface GrantResult {
  /** One for each grantee, in the order in which they were named. */
  readonly edges: AccessEdge[];
}

/** What privileges are granted on. */
export abstract class Ref {
  protected constructor() {}
  /** @internal The access to the database that grants on it. */
  abstract readonly _access: GrantedBy;
  /** @internal */
  abstract readonly _objects: AccessObject[];
  /** @internal Sequences that whoever may INSERT has to use. */
  readonly _filledBy: Ref[] = [];
  /** @internal */
  _fills(...sequences: readonly Ref[]): void {
    this._filledBy.push(...sequences);
  }
  /** @internal */
  _give(privileges: readonly Privilege[], who: readonly IGrantee[]): GrantResult {
    const source = userLine();
    if (!Array.isArray(privileges)) {
      report(this._access, {
        code: "argument",
        message: `the privileges of a grant are ${described(privileges)}, not a list`,
        fix: 'write them as a list: custom(["SELECT"], identity)',
      });
      return { edges: [] };
    }
    if (privileges.includes("INSERT")) for (const sequence of this._filledBy) sequence._give(["USAGE"], who);
    const kind: ObjectKind = this._objects[0]?.kind ?? "column";
    const unknown = unknownPrivileges(kind, privileges);
    if (unknown.length > 0 || privileges.length === 0) {
      report(this._access, {
        code: "privilege-unknown",
        message:
          privileges.length === 0
            ? `no privilege is named for a ${kind}`
            : `${unknown.join(", ")} cannot be granted on a ${kind}`,
        fix: `choose among ${GRANTABLE[kind].join(", ")}${unknown.includes("CREATE") ? "; what makes objects is a DatabaseMigration" : ""}`,
      });
      return { edges: [] };
    }
    if (who.length === 0) {
      report(this._access, {
        code: "grant-empty",
        message: `a grant of ${privileges.join(", ")} names nobody`,
        fix: "name at least one identity",
      });
    }
    return {
      edges: who.flatMap((given) => {
        const grantee = identityOf(this._access, `a grant of ${privileges.join(", ")}`, given);
        if (!grantee) return [];
        const edge = this._access.access(grantee);
        for (const object of this._objects) edge._grant(object, privileges, { path: edge.node.path, source });
        return [edge];
      }),
    };
  }
}

/** @internal The name. A value that is not a string is replaced by a text until the check refuses it. */
export function checkName(
  access: GrantedBy,
  what: string,
  name: string,
  problemOf: (name: string) => string | undefined,
): string {
  if (!Construct.isConstruct(access))
    throw new Error(
      `a ${what} is named without its database: write access.schema("sales").table("orders"), with a DatabaseAccess`,
    );
  const problem = problemOf(name);
  if (problem)
    report(access, {
      code: "object-name",
      message: `${what} ${typeof name === "string" ? JSON.stringify(name) : described(name)} ${problem}`,
      fix: "name it as PostgreSQL has it, without quotes",
    });
  // The arguments of a function, after the first bracket, may hold all of this.
  const slip = problem === undefined ? SLIPS.find(({ of }) => of.test(name.split("(")[0])) : undefined;
  if (slip)
    report(access, {
      code: "object-name",
      severity: "warning",
      message: `${what} ${JSON.stringify(name)} ${slip.holds}: PostgreSQL would look for a ${what} of that whole name`,
      fix: `${slip.fix(what)}; acknowledge this where it is the name`,
    });
  return typeof name === "string" ? name : "invalid";
}

/** What a name may hold in PostgreSQL, and hardly ever does; what is meant depends on what is named. */
const SLIPS: readonly { readonly of: RegExp; readonly holds: string; readonly fix: (what: string) => string }[] = [
  { of: /"/, holds: "holds quotes", fix: () => "name it without: each name is quoted for you" },
  {
    of: /\*/,
    holds: "holds a *",
    fix: (what) =>
      ({
        table: "write `allTables()` of the schema, or name each",
        column: "grant on the table itself, or name each column",
      })[what] ?? "name each",
  },
  { of: /,/, holds: "holds a comma", fix: (what) => `name each ${what} by itself` },
  {
    of: /\./,
    holds: "holds a dot",
    fix: (what) =>
      ({
        column: "name the column without its table",
        schema: "name the schema without its database",
      })[what] ?? `name the schema by \`schema("…")\`, and the ${what} without it`,
  },
  { of: /^\s|\s$/, holds: "begins or ends with a space", fix: () => "name it without" },
];
