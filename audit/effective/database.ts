import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import { compare } from "./compare";
import { Declared, declaredOf, ownRoles } from "./declared";
import type { EffectiveFinding } from "./finding";
import type { FutureAccess } from "./future";
import type { EffectiveAccess, Queryable } from "./model";
import { readCatalog } from "./read";

/** A role that stands for an edge: a login of it or, without one, its group. */
export interface Subject {
  readonly role: string;
  /** Absent for Vault's login and the estate role. */
  readonly edge?: EdgeNode;
}

export interface DatabaseComparison {
  /** A session in the database, after `beginReading`. */
  readonly client: Queryable;
  readonly database: DatabaseNode;
  readonly subjects: readonly Subject[];
  readonly read: (subject: Subject) => Promise<EffectiveAccess>;
  readonly future: FutureAccess;
  /** Roles that are not there, and are found as such elsewhere. */
  readonly absent?: ReadonlySet<string>;
}

export interface DatabaseDifferences {
  readonly findings: readonly EffectiveFinding[];
  /** Schemas and objects that the graph names and that are not there, as JSON lists. */
  readonly missing: ReadonlySet<string>;
  /** Tables, sequences and functions that were looked at. */
  readonly objects: number;
  /** Privileges that were found, of all subjects. */
  readonly privileges: number;
}

/** Compares every subject, and the roles of our own, with the graph. */
export async function compareDatabase(comparison: DatabaseComparison): Promise<DatabaseDifferences> {
  const { client, database, subjects, read, future } = comparison;
  const catalog = await readCatalog(client);
  const findings: EffectiveFinding[] = [];
  const missing = new Set<string>();
  let privileges = 0;
  const look = async (subject: Subject, declared: Declared): Promise<void> => {
    const effective = await read(subject);
    privileges += effective.privileges.length;
    findings.push(...compare({ database, catalog, declared, effective, future: future.get(subject.role) ?? [] }));
  };
  for (const subject of subjects) {
    const declared = declaredOf(subject.edge as EdgeNode, catalog);
    for (const { object, reason } of declared.unanswered)
      missing.add(JSON.stringify([object.schema, ...(reason === "schema" ? [] : [object.name])]));
    await look(subject, declared);
  }
  for (const declared of ownRoles(database, catalog).filter(({ who }) => !comparison.absent?.has(who)))
    await look({ role: declared.who }, declared);
  return {
    findings,
    missing,
    objects:
      catalog.relations.filter(({ schema }) => !["pg_catalog", "information_schema"].includes(schema)).length +
      catalog.functions.length,
    privileges,
  };
}
