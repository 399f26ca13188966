import { isTrue, text } from "../program";
import { cisPostgres, Rule } from "../rule";

export const postgresLastingLogin: Rule = {
  id: "postgres-lasting-login",
  severity: "warning",
  title: "Logins end: none of the program's roles lasts",
  why: "A login without an end is copied into a file somewhere, and outlives the app and the person that it was made for.",
  fix: "grant it to a WorkloadIdentity and let Vault make the login; or give the role a valid_until",
  references: [cisPostgres("Excessive administrative privileges"), "NIST SP 800-57 part 1: 5.3 Cryptoperiods"],
  check: ({ resources, graph }) => {
    // Vault's own login: it may execute the lease functions and nothing else.
    const own = new Set(graph.databases.map(({ vaultLogin }) => vaultLogin));
    return resources
      .filter(({ type, body }) => type === "postgresql_role" && isTrue(body.login) && !own.has(text(body.name) ?? ""))
      .filter(({ body }) => [undefined, "", "infinity"].includes(text(body.valid_until)))
      .map((role) => ({ at: role, what: `role ${text(role.body.name) ?? ""} may log in for ever` }));
  },
};
