import { blocks, isTrue, text, texts } from "../program";
import { cisPostgres, Rule } from "../rule";

export const postgresPublic: Rule = {
  id: "postgres-public",
  severity: "error",
  title: "Nothing is granted to PUBLIC",
  why: "PUBLIC is every login of the server, those that will be made included: the access matrix would be untrue.",
  fix: "grant it to an identity; an empty list of privileges takes from PUBLIC what PostgreSQL gives",
  references: [cisPostgres("Excessive DML privileges"), "CVE-2018-1058"],
  check: ({ resources }) => [
    ...resources
      .filter(({ type }) => type === "postgresql_schema")
      .flatMap((schema) =>
        blocks(schema.body.policy)
          // The provider takes an empty role for PUBLIC.
          .filter(({ role }) => ["", "public"].includes(text(role ?? "")?.toLowerCase() ?? "?"))
          .filter((policy) => isTrue(policy.create) || isTrue(policy.create_with_grant))
          .map(() => ({ at: schema, what: "CREATE on schema is granted to PUBLIC" })),
      ),
    ...resources
      .filter(({ type }) => type === "postgresql_grant" || type === "postgresql_default_privileges")
      .filter(({ body }) => text(body.role)?.toLowerCase() === "public")
      .flatMap((grant) => {
        const { body } = grant;
        // To see the names in the schema `public` is PostgreSQL's own default; to make something there is not any more.
        const usual = body.object_type === "schema" && body.schema === "public" ? ["USAGE"] : [];
        const given = texts(body.privileges).filter((privilege) => !usual.includes(privilege));
        const on = text(body.object_type) ?? "objects";
        return given.length === 0 ? [] : [{ at: grant, what: `${given.join(", ")} on ${on} is granted to PUBLIC` }];
      }),
  ],
};
