import type { DatabaseKey, GrantedObject } from "../access/diff/granted-object";
import {
  AccessGraph,
  AccessObject,
  byCodeUnit,
  DatabaseNode,
  EdgeNode,
  formatObject,
  objectKey,
  Provenance,
} from "../access/model/graph";
import { Lifetime, lifetimeOf } from "../access/model/lifetime";
import { identityId } from "../access/model/names";
import { GRANTABLE, Privilege } from "../access/model/privileges";

/**
 * What one identity may do with one object. Verbs and columns of one table are joined; CONNECT, TEMPORARY and USAGE of a schema, which
 * reach no data by themselves, have no row.
 */
export interface MatrixEntry {
  /** `cluster/namespace/serviceAccount`. */
  readonly who: string;
  readonly privileges: readonly string[];
  readonly database: DatabaseKey;
  /** A table, all of a schema, …; `owner`, with ALL, where sessions act as the owner role. */
  readonly object: GrantedObject;
  /** With a table of which only these columns may be touched. */
  readonly columns?: readonly string[];
  readonly lifetime: Lifetime;
  readonly via: Pick<EdgeNode, "policy" | "mountPath" | "databaseRole" | "groupRole">;
  /** The statements that grant it. */
  readonly grantedBy: readonly Provenance[];
}

/** The access matrix: who may touch what, for how long, by which way. */
export function matrixOf(graph: AccessGraph): MatrixEntry[] {
  const databases = new Map(graph.databases.map((database) => [database.mountPath, database]));
  const identities = new Map(graph.identities.map((identity) => [identityId(identity.key), identity]));
  return graph.edges
    .flatMap((edge) => {
      const database = databaseKey(databases.get(edge.mountPath), edge.mountPath);
      const lifetime = lifetimeOf(
        identities.get(edge.identity) ?? { tokenTtl: 0, tokenMaxTtl: 0, external: true },
        edge,
      );
      const { identity: who, policy, mountPath, databaseRole, groupRole } = edge;
      const via = { policy, mountPath, databaseRole, groupRole };
      const entries = objectsOf(edge).map(({ object, columns, privileges, grantedBy }) =>
        keyed({ who, privileges, database, object, lifetime, via, grantedBy: distinctPlaces(grantedBy), columns }),
      );
      if (edge.actsAs === undefined) return entries;
      const object = { kind: "owner", name: edge.actsAs } as const;
      return [keyed({ who, privileges: ["ALL"], database, object, lifetime, via, grantedBy: [edge] }), ...entries];
    })
    .sort((a, b) => byCodeUnit(a.key, b.key))
    .map(({ entry }) => entry);
}

/** An entry with the key by which entries are sorted. */
function keyed(entry: MatrixEntry): { readonly entry: MatrixEntry; readonly key: string } {
  return { entry, key: sortKey(entry) };
}

/** An edge whose mount no database of the report has is shown under the mount's name, not left out. */
export function databaseKey(node: DatabaseNode | undefined, mountPath: string): DatabaseKey {
  return { instance: node?.instance ?? "", database: node?.database ?? mountPath };
}

function sortKey({ who, database, object, columns }: MatrixEntry): string {
  const name = object.kind === "owner" ? `\u0000${object.name}` : formatObject(object as AccessObject);
  return JSON.stringify([who, database.database, database.instance, name, columns ?? []]);
}

interface Joined {
  readonly object: AccessObject;
  readonly columns?: string[];
  readonly privileges: Privilege[];
  readonly grantedBy: Provenance[];
}

/** The objects of an edge that hold data, with the privileges on each; columns with the same privileges are one. */
function objectsOf(edge: EdgeNode): Joined[] {
  const objects = new Map<string, { object: AccessObject; privileges: Set<Privilege>; grantedBy: Provenance[] }>();
  for (const { object, privilege, grantedBy } of edge.grants) {
    if (object.kind === "database" || object.kind === "schema") continue;
    const key = objectKey(object);
    const known = objects.get(key);
    // Added to in place: a report may hold a hundred thousand of them.
    if (!known) objects.set(key, { object, privileges: new Set([privilege]), grantedBy: [...grantedBy] });
    else {
      known.privileges.add(privilege);
      for (const place of grantedBy) known.grantedBy.push(place);
    }
  }
  const tables = new Map<string, Joined>();
  for (const { object, privileges: unordered, grantedBy } of objects.values()) {
    const privileges = inOrder(unordered);
    const { kind, schema, name, column } = object;
    const table = column === undefined ? object : ({ kind: "table", schema, name } as const);
    const key = JSON.stringify([objectKey(table), kind === "column" ? privileges : null]);
    const known = tables.get(key);
    const columns = column === undefined ? undefined : [column];
    if (!known) tables.set(key, { object: table, ...(columns && { columns }), privileges, grantedBy });
    else {
      known.columns?.push(...(columns ?? []));
      for (const place of grantedBy) known.grantedBy.push(place);
    }
  }
  for (const { columns } of tables.values()) columns?.sort(byCodeUnit);
  return [...tables.values()];
}

/** Verbs as the PostgreSQL manual lists them: SELECT first. */
const inOrder = (privileges: ReadonlySet<Privilege>): Privilege[] => VERBS.filter((verb) => privileges.has(verb));

const VERBS: readonly Privilege[] = [...new Set(Object.values(GRANTABLE).flat())];

/** Places without doubles, each where it came first. */
export function distinctPlaces(places: readonly Provenance[]): readonly Provenance[] {
  if (places.length <= 1) return places;
  return [...new Map(places.map((place) => [`${place.path}\n${place.source ?? ""}`, place])).values()];
}
