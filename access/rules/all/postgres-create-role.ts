import { isTrue } from "../program";
import { cisPostgres, Rule } from "../rule";
import { wordsOf } from "../statements";

const ATTRIBUTES = ["create_role", "create_database"];
const WORDS = ["CREATEROLE", "CREATEDB"];

export const postgresCreateRole: Rule = {
  id: "postgres-create-role",
  severity: "warning",
  title: "Roles that make roles or databases are the admin's alone",
  why: "Before PostgreSQL 16 a role with CREATEROLE can make itself a member of the owner of every table.",
  fix: "leave create_role and create_database out; Leasehold's lease functions make logins without them",
  references: [cisPostgres("Excessive administrative privileges")],
  check: ({ resources }) =>
    resources.flatMap((role) => [
      ...(role.type === "postgresql_role" ? ATTRIBUTES.filter((name) => isTrue(role.body[name])) : []).map((name) => ({
        at: role,
        what: `${name} is true`,
      })),
      ...wordsOf(role, WORDS).map((word) => ({ at: role, what: `its statements make logins with ${word}` })),
    ]),
};
