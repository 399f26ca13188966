import { byCodeUnit, formatObject, type AccessGraph, type AccessObject, type GrantNode } from "../model/graph";
import type { Finding } from "./finding";

/**
 * PostgreSQL keeps all privileges on a table, a sequence or a column in one row of its catalog, and a row fits into one
 * page of 8 kB. Measured with 18: a table's row was full at 2,442 roles and a column's at 2,455, where the roles were
 * made one after the other and had the same privileges. With roles of all ages and different privileges it was full at
 * 1,974. Then each grant fails with `row is too big`. Schemas, databases and functions have no such limit.
 */
const MOST = 2400;
/** From this number on there is a warning: then there is still time to choose another way. */
const MANY = 1500;

const LIMITED: readonly AccessObject["kind"][] = ["table", "sequence", "column"];

/** A finding for each object on which more roles would hold privileges than PostgreSQL can write down. */
export function granteeFindings(graph: AccessGraph): Finding[] {
  const own = graph.databases.filter(({ external }) => !external);
  return own.flatMap((database) => {
    const counts = countsOf(graph.edges.filter(({ mountPath }) => mountPath === database.mountPath));
    return counts.map(({ object, named, wide, first }): Finding => {
      const sum = named + wide;
      const parts = wide === 0 ? `${named} identities` : `${named} identities by name and ${wide} by all of the schema`;
      return {
        code: "grantees",
        severity: sum > MOST ? "error" : "warning",
        message: `${formatObject(object)} of ${database.database} is granted to ${parts}, ${sum} roles; PostgreSQL keeps them in one row of 8 kB, which is full at 1,970 to 2,450 of them`,
        fix: "give some of them a view of their own to work through: each view has a list of its own, and one identity counts once on it",
        path: database.path,
        sources: first.grantedBy.flatMap(({ source }) => source ?? []).slice(0, 1),
      };
    });
  });
}

interface Count {
  readonly object: AccessObject;
  /** Roles with privileges on the object itself. */
  named: number;
  /** Roles with privileges on all objects of its kind in its schema. */
  wide: number;
  readonly first: GrantNode;
}

/** The objects with many grantees, in a fixed order. What is granted on all of a schema counts on each object in it. */
function countsOf(edges: AccessGraph["edges"]): Count[] {
  const counts = new Map<string, Count>();
  for (const edge of edges) {
    const seen = new Set<string>();
    for (const grant of edge.grants) {
      const { object } = grant;
      const key = keyOf(object);
      if (!LIMITED.includes(object.kind) || seen.has(key)) continue;
      seen.add(key);
      const count = counts.get(key);
      if (count) count.named += 1;
      else counts.set(key, { object, named: 1, wide: 0, first: grant });
    }
  }
  for (const count of counts.values()) {
    const { kind, schema, name } = count.object;
    if (name !== undefined) count.wide = counts.get(keyOf({ kind, schema }))?.named ?? 0;
  }
  // Where all of a schema is granted to as many roles, the finding about the schema says enough.
  return [...counts.values()]
    .filter(({ named, wide }) => named + wide > MANY)
    .sort((a, b) => byCodeUnit(keyOf(a.object), keyOf(b.object)));
}

/** As `objectKey`, and quicker: a large program has a hundred thousand grants. */
function keyOf({ kind, schema, name, column }: AccessObject): string {
  return JSON.stringify([kind, schema, name, column]);
}
