import { isTrue } from "../program";
import { cisPostgres, Rule } from "../rule";

export const postgresCreateRole: Rule = {
  id: "postgres-create-role",
  severity: "warning",
  title: "Roles that make roles or databases are the admin's alone",
  why: "Before PostgreSQL 16 a role with CREATEROLE can make itself a member of the owner of every table.",
  fix: "leave create_role and create_database out; Leasehold's lease functions make logins without them",
  references: [cisPostgres("Excessive administrative privileges")],
  check: ({ resources }) =>
    resources
      .filter(({ type }) => type === "postgresql_role")
      .flatMap((role) =>
        ["create_role", "create_database"]
          .filter((name) => isTrue(role.body[name]))
          .map((name) => ({ at: role, what: `${name} is true` })),
      ),
};
