import { blocks, isTrue } from "../program";
import { cisPostgres, Rule } from "../rule";

export const postgresGrantOption: Rule = {
  id: "postgres-grant-option",
  severity: "warning",
  title: "Nobody may hand on what was granted",
  why: "What a role hands on stands in no plan: it lives until somebody finds it.",
  fix: "leave with_grant_option and with_admin_option out",
  references: [cisPostgres("Excessive DML privileges")],
  check: ({ resources }) =>
    resources
      .filter(({ type }) => /^postgresql_(grant|grant_role|default_privileges|schema)$/.test(type))
      .flatMap((grant) => {
        const found = ["with_grant_option", "with_admin_option"].filter((name) => isTrue(grant.body[name]));
        const inPolicy = blocks(grant.body.policy).flatMap((policy) =>
          Object.keys(policy).filter((name) => name.endsWith("_with_grant") && isTrue(policy[name])),
        );
        return [...found, ...inPolicy].map((name) => ({ at: grant, what: `${name} is true` }));
      }),
};
