/** Kinds of PostgreSQL object on which Leasehold grants. */
export type ObjectKind = "database" | "schema" | "table" | "column" | "sequence" | "function";

/** A PostgreSQL privilege, as GRANT writes it. */
export type Privilege =
  | "SELECT"
  | "INSERT"
  | "UPDATE"
  | "DELETE"
  | "TRUNCATE"
  | "REFERENCES"
  | "TRIGGER"
  | "USAGE"
  | "EXECUTE"
  | "CONNECT"
  | "TEMPORARY";

/**
 * What may be granted on each kind (PostgreSQL manual, 5.8 Privileges).
 *
 * Left out on purpose: CREATE, since a login that makes objects belongs to a migration, which leaves them to the
 * owner; ALL, since it means other things in other versions; MAINTAIN, which the postgresql provider 1.26 refuses.
 */
export const GRANTABLE: Readonly<Record<ObjectKind, readonly Privilege[]>> = {
  database: ["CONNECT", "TEMPORARY"],
  schema: ["USAGE"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
};

/** The privileges among these that the kind does not have, in the order given. */
export function unknownPrivileges(kind: ObjectKind, privileges: readonly string[]): string[] {
  const known: readonly string[] = GRANTABLE[kind];
  return privileges.filter((privilege) => !known.includes(privilege));
}
