import { AccessGraph, AccessObject } from "../../access/model/graph";
import { COLUMNS, OWNERS, POLICIES, SCHEMAS, TABLES, WHO } from "./small-worlds";

/**
 * What a small world allows, by looking at every point of it one by one. It shares no code with what it judges: no sets of
 * objects, no cells, no path objects.
 */
export interface Point {
  readonly who: string;
  readonly database: string;
  readonly privilege: string;
  readonly kind: string;
  readonly schema?: string;
  readonly name?: string;
  readonly column?: string;
}

export interface Allowed {
  /** Upper bounds by clock, in seconds, of the ways together. */
  readonly clocks: Readonly<Record<string, number>>;
  /** Each way as one string. */
  readonly ways: string;
  /** What stands at each part of a way, of all ways together. */
  readonly parts: () => Readonly<Record<string, string>>;
  /** What a way lets in or reaches that its names do not say: the door to Vault, the owner of tables to come. */
  readonly scopes: readonly string[];
}

/** Parts of a way that say who comes in, or what is reached. */
export const OF_SCOPES = ["authPath", "audience", "keys", "owner"];

/** A table, column or schema that nobody names: what is granted on all holds for it too. */
export const OTHER = "(another)";

export const POINTS: readonly Point[] = [...WHO, "the network"].flatMap((who): Point[] =>
  who === "the network"
    ? ["shop", "bills"].flatMap((database) =>
        ["READ IN TRANSIT", "IMPERSONATE"].map((privilege) => ({ who, database, privilege, kind: "wire" })),
      )
    : [
        { who, database: "", privilege: "LOGIN", kind: "vault" },
        ...POLICIES.map((name) => ({ who, database: "", privilege: "HOLD", kind: "policy", name })),
        ...["shop", "bills"].flatMap((database): Point[] => [
          { who, database, privilege: "CONNECT", kind: "database" },
          ...OWNERS.map((name) => ({ who, database, privilege: "ACT AS", kind: "owner", name })),
          ...SCHEMAS.flatMap((schema): Point[] => [
            { who, database, privilege: "USAGE", kind: "schema", schema },
            ...["q", OTHER].map((name) => ({ who, database, privilege: "SELECT", kind: "sequence", schema, name })),
            ...["q", OTHER].map((name) => ({ who, database, privilege: "EXECUTE", kind: "function", schema, name })),
            ...[...TABLES, OTHER].flatMap((name) =>
              [...COLUMNS, OTHER].flatMap((column) =>
                ["SELECT", "UPDATE", "DELETE"].map((privilege) => ({
                  who,
                  database,
                  privilege,
                  kind: "data",
                  schema,
                  name,
                  column,
                })),
              ),
            ),
          ]),
        ]),
      ],
);

/** Whether what is granted on the object reaches the point. */
export function reaches(object: AccessObject | { kind: string; name?: string }, point: Point): boolean {
  const { kind, schema, name, column } = object as AccessObject;
  const same = (a: string | undefined, b: string | undefined): boolean => a === undefined || a === b;
  if (kind === "table" || kind === "column")
    return point.kind === "data" && schema === point.schema && same(name, point.name) && same(column, point.column);
  return kind === point.kind && schema === point.schema && same(name, point.name);
}

/** How the graph allows the point, if it does. */
export function allowed(graph: AccessGraph, point: Point): Allowed | undefined {
  const ways: { clocks: Record<string, number>; way: Record<string, unknown>; scope?: string }[] = [];
  const identity = graph.identities.find(
    ({ key }) => `${key.cluster}/${key.namespace}/${key.serviceAccount}` === point.who,
  );
  const { tokenIssuer: issuer, issuerKeys = [], deletedPodToken } = identity ?? {};
  const known = identity && !identity.external;
  const token: Record<string, number> = {
    ...(known && { "token ttl": identity.tokenTtl, "token max": identity.tokenMaxTtl }),
    ...((known || deletedPodToken !== undefined) && { "deleted pod": deletedPodToken ?? 0 }),
  };
  const login = identity && {
    ...{ authPath: identity.authPath, authRole: identity.authRole, audience: identity.audience },
    ...{ external: identity.external, keys: issuer ? issuerKeys.map((key) => `${issuer} ${key}`) : [] },
  };

  if (point.kind === "vault" && known)
    for (const key of issuer ? issuerKeys : [""])
      ways.push({
        clocks: token,
        way: login ?? {},
        scope: [identity.authPath, identity.audience, issuer, key].join(" "),
      });
  if (point.kind === "policy" && identity && !identity.external && identity.policies.includes(point.name as string))
    ways.push({ clocks: token, way: login ?? {} });
  if (point.kind === "wire") {
    for (const { database, sslMode } of graph.databases) {
      if (database !== point.database) continue;
      const readable = sslMode === "disable";
      if (point.privilege === "READ IN TRANSIT" ? readable : sslMode !== "verify-full")
        ways.push({ clocks: {}, way: {} });
    }
  }
  for (const edge of graph.edges) {
    const node = graph.databases.find(({ mountPath }) => mountPath === edge.mountPath);
    if (edge.identity !== point.who || node?.database !== point.database) continue;
    const session = Math.min(edge.leaseMaxTtl, token["token max"] ?? Infinity);
    const clocks = { ...token, "lease ttl": edge.leaseTtl, "lease max": edge.leaseMaxTtl, "session max": session };
    const arrives = graph.deliveries
      .filter((d) => d.identity === edge.identity && d.mountPath === edge.mountPath)
      .map((d) => JSON.stringify([d.workload, d.file]))
      .sort();
    const { policy, mountPath, databaseRole, groupRole, actsAs, connectionLimit, maxLiveLeases } = edge;
    const links = { policy, mountPath, databaseRole, groupRole, actsAs, connectionLimit, maxLiveLeases };
    const way = { ...login, ...links, owner: node.owner, arrives };
    for (const { object, privilege } of edge.grants)
      if (privilege === point.privilege && reaches(object, point)) {
        const all = object.schema !== undefined && object.name === undefined && object.kind !== "schema";
        ways.push({ clocks, way, ...(all && { scope: node.owner }) });
      }
    if (point.kind === "owner" && actsAs === point.name) ways.push({ clocks, way });
  }
  if (ways.length === 0) return undefined;
  const clocks: Record<string, number> = {};
  for (const way of ways)
    for (const [name, value] of Object.entries(way.clocks)) clocks[name] = Math.max(clocks[name] ?? 0, value);
  return {
    clocks,
    scopes: ways.map(({ scope }) => scope ?? "any"),
    parts: () =>
      Object.fromEntries(
        [...new Set(ways.flatMap(({ way }) => Object.keys(way)))].map((name) => {
          const values = ways.flatMap(({ way }) => way[name] ?? []).map(String);
          return [name, [...new Set(values)].sort().join("\n")];
        }),
      ),
    ways: [...new Set(ways.map(({ way }) => JSON.stringify(way)))].sort().join(),
  };
}
