import { text, texts } from "../program";
import { cisPostgres, Rule } from "../rule";
import { wordsOf } from "../statements";

/** They read or write every table, or files and programs of the server. */
const ROLES = [
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_read_server_files",
  "pg_write_server_files",
  "pg_execute_server_program",
  "pg_maintain",
  "pg_database_owner",
  "pg_signal_backend",
  "rds_superuser",
  "cloudsqlsuperuser",
  "azure_pg_admin",
];

export const postgresPredefinedRole: Rule = {
  id: "postgres-predefined-role",
  severity: "error",
  title: "No role is a member of what reaches past the grants",
  why: "A member of pg_read_all_data reads every table of the server; one of pg_execute_server_program is the server's own user.",
  fix: "grant the tables that are needed",
  references: [cisPostgres("Excessive administrative privileges"), "PostgreSQL documentation: Predefined Roles"],
  check: ({ resources }) =>
    resources.flatMap((resource) => {
      const memberships =
        resource.type === "postgresql_role"
          ? texts(resource.body.roles)
          : resource.type === "postgresql_grant_role"
            ? [text(resource.body.grant_role) ?? ""]
            : wordsOf(resource, ROLES);
      return memberships
        .filter((role) => ROLES.includes(role))
        .map((role) => ({ at: resource, what: `it is made a member of ${role}` }));
    }),
};
