import { isTrue } from "../program";
import { cisPostgres, Rule } from "../rule";
import { wordsOf } from "../statements";

const ATTRIBUTES = ["superuser", "replication", "bypass_row_level_security"];
const WORDS = ["SUPERUSER", "REPLICATION", "BYPASSRLS"];

export const postgresSuperuser: Rule = {
  id: "postgres-superuser",
  severity: "error",
  title: "No role is a superuser, replicates or passes row level security",
  why: "Each of these reads every row of the server, whatever is granted.",
  fix: "leave the attribute out, and grant what is needed; backups may have a predefined role of their own",
  references: [cisPostgres("Excessive administrative privileges"), cisPostgres("Predefined roles")],
  check: ({ resources }) =>
    resources.flatMap((role) => [
      ...(role.type === "postgresql_role" ? ATTRIBUTES.filter((name) => isTrue(role.body[name])) : []).map((name) => ({
        at: role,
        what: `${name} is true`,
      })),
      ...wordsOf(role, WORDS).map((word) => ({ at: role, what: `its statements make logins with ${word}` })),
    ]),
};
