import { DatabaseNode, EdgeNode, formatObject, GrantNode } from "../../access/model/graph";
import { signatureOf } from "../../access/model/sql-types";
import { LEASE_FUNCTION_NAMES, LEASE_SCHEMA, LeaseFunctionName } from "../../constructs/database/lease/lease-functions";
import type { Catalog, LiveObject } from "./model";
import { liveKey } from "./model";

/** A privilege that the graph says somebody has, on an object that exists. */
export interface DeclaredPrivilege {
  readonly object: LiveObject;
  readonly privilege: string;
}

/** A grant of the graph that no object of the database answers to. */
export interface Unanswered {
  readonly grant: GrantNode;
  readonly object: LiveObject;
  readonly reason: "schema" | "object" | "column" | "ambiguous";
  /** With `ambiguous`: the functions of the name. */
  readonly candidates: readonly string[];
}

/** What somebody should be able to do in one database, and nothing else. */
export interface Declared {
  /** The identity, or the role of our own. */
  readonly who: string;
  readonly privileges: ReadonlyMap<string, DeclaredPrivilege>;
  readonly unanswered: readonly Unanswered[];
  /** Roles that it should be a member of, directly or not. */
  readonly memberships: readonly string[];
  /** Roles whose privileges count as declared, as granted to it. */
  readonly own: readonly string[];
  /** May do all that this role owns or was granted. */
  readonly actsAs?: string;
  /** Privileges on what the owner role makes later: `[kind, schema, privilege]`. */
  readonly future: readonly { readonly kind: string; readonly schema: string; readonly privilege: string }[];
  /** Objects whose owner matters to it: with another one, the next migration could not change them, nor would they be among those to come. */
  readonly named: readonly LiveObject[];
}

/** What the graph says of one edge, on the objects that the database has: each `all` becomes the tables that are there. */
export function declaredOf(edge: EdgeNode, catalog: Catalog): Declared {
  const privileges = new Map<string, DeclaredPrivilege>();
  const unanswered: Unanswered[] = [];
  const future: { kind: string; schema: string; privilege: string }[] = [];
  const named: LiveObject[] = [];
  for (const grant of edge.grants) {
    const { objects, problem } = answer(grant, catalog);
    if (problem) unanswered.push(problem);
    for (const object of objects) {
      privileges.set(liveKey(object, grant.privilege), { object, privilege: grant.privilege });
      if (object.kind !== "database") named.push(object);
    }
    const { kind, schema, name } = grant.object;
    if (name === undefined && schema !== undefined && kind !== "schema")
      future.push({ kind, schema, privilege: grant.privilege });
  }
  const wide = future.length > 0 ? [edge.schemaWideRole] : [];
  return {
    who: edge.identity,
    privileges,
    unanswered,
    memberships: [edge.groupRole, ...wide, ...(edge.actsAs === undefined ? [] : [edge.actsAs])],
    own: [edge.groupRole, ...wide],
    ...(edge.actsAs !== undefined && { actsAs: edge.actsAs }),
    future,
    named,
  };
}

/** The roles of our own in a database that hold no identity's privileges: Vault's login and the estate role. */
export function ownRoles(database: DatabaseNode, catalog: Catalog): Declared[] {
  const login: DeclaredPrivilege[] = [
    { object: { kind: "database", name: database.database }, privilege: "CONNECT" },
    { object: { kind: "schema", schema: LEASE_SCHEMA }, privilege: "USAGE" },
    ...catalog.functions
      // Only these: other functions of the schema are not ours.
      .filter(({ schema, name }) => schema === LEASE_SCHEMA && LEASE_FUNCTION_NAMES.includes(name as LeaseFunctionName))
      .map(({ schema, name, args }) => ({
        object: { kind: "function" as const, schema, name: `${name}(${args})` },
        privilege: "EXECUTE",
      })),
  ];
  const nothing = { unanswered: [], memberships: [], own: [], future: [], named: [] };
  return [
    {
      ...nothing,
      who: database.vaultLogin,
      privileges: new Map(login.map((item) => [liveKey(item.object, item.privilege), item])),
    },
    // What leases leave behind becomes its own: it acts on nothing else.
    {
      ...nothing,
      who: database.estateRole,
      privileges: new Map(),
      actsAs: database.estateRole,
    },
  ];
}

function answer(grant: GrantNode, catalog: Catalog): { objects: LiveObject[]; problem?: Unanswered } {
  const { kind, schema, name, column } = grant.object;
  const missing = (reason: Unanswered["reason"], candidates: string[] = []): { objects: []; problem: Unanswered } => ({
    objects: [],
    problem: { grant, object: { kind, schema, name, column }, reason, candidates },
  });
  if (kind === "database") return { objects: [{ kind, name: catalog.database }] };
  if (schema === undefined || !catalog.schemas.has(schema)) return missing("schema");
  if (kind === "schema") return { objects: [{ kind, schema }] };
  if (kind === "function") {
    const here = catalog.functions.filter((fn) => fn.schema === schema);
    const objects = (list: Catalog["functions"]): LiveObject[] =>
      list.map((fn) => ({ kind, schema, name: `${fn.name}(${fn.args})` }));
    if (name === undefined) return { objects: objects(here.filter((fn) => !fn.procedure)) };
    const found = here.filter((fn) => (name.includes("(") ? sameSignature(name, fn) : fn.name === name));
    if (found.length === 0) return missing("object");
    return found.length > 1
      ? missing(
          "ambiguous",
          found.map((fn) => `${fn.name}(${fn.args})`),
        )
      : { objects: objects(found) };
  }
  const relations = catalog.relations.filter(
    (relation) => relation.schema === schema && relation.kind === (kind === "sequence" ? "sequence" : "table"),
  );
  if (name === undefined) return { objects: relations.map((relation) => ({ kind, schema, name: relation.name })) };
  const relation = relations.find((candidate) => candidate.name === name);
  if (!relation) return missing("object");
  if (kind !== "column") return { objects: [{ kind, schema, name }] };
  return relation.columns.includes(column as string)
    ? { objects: [{ kind, schema, name, column }] }
    : missing("column");
}

function sameSignature(written: string, fn: { readonly name: string; readonly args: string }): boolean {
  const { base, types = [] } = signatureOf(written);
  return base === fn.name && types.join(", ") === fn.args;
}

/** The grant as the program wrote it, with its lines. */
export function formatGrant({ object, privilege, grantedBy }: GrantNode): string {
  const lines = grantedBy.map(({ source, path }) => source ?? path);
  return `${privilege} on ${formatObject(object)}${lines.length > 0 ? `, granted at ${lines.join(", ")}` : ""}`;
}
