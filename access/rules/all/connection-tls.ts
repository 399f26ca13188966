import { blocks, first, isFalse, isTrue, Resource, text } from "../program";
import { cisPostgres, hardening, Rule } from "../rule";

function ofMount({ type, body }: Resource): string[] {
  if (type !== "vault_database_secrets_mount" && type !== "vault_database_secret_backend_connection") return [];
  return blocks(body.postgresql).flatMap((connection) => {
    const mode = /[?&\s]sslmode=([\w-]+)/.exec(` ${text(connection.connection_url) ?? ""}`)?.[1];
    return [
      ...(mode?.startsWith("verify-")
        ? []
        : [`Vault connects with sslmode ${mode ?? "unset"}, and does not check whom it talks to`]),
      ...(isFalse(connection.verify_connection ?? body.verify_connection)
        ? ["verify_connection is false: a wrong password is found by the first pod"]
        : []),
    ];
  });
}

function ofProvider({ type, body }: Resource): string[] {
  if (type === "provider.vault")
    return [
      ...(text(body.address)?.startsWith("http:") ? [`Terraform speaks to Vault in clear: ${text(body.address)}`] : []),
      ...(isTrue(body.skip_tls_verify) ? ["skip_tls_verify is true"] : []),
    ];
  if (type === "provider.postgresql") {
    const mode = text(body.sslmode);
    return mode?.startsWith("verify-") ? [] : [`Terraform connects to PostgreSQL with sslmode ${mode ?? "unset"}`];
  }
  if (type === "provider.kubernetes" || type === "provider.helm")
    return isTrue(body.insecure) || isTrue(first(body.kubernetes).insecure) ? ["insecure is true"] : [];
  return [];
}

export const connectionTls: Rule = {
  id: "connection-tls",
  severity: "error",
  title: "Every connection that carries a password verifies its server",
  why: "Anybody on the network path can read the passwords of every role that is made.",
  fix: 'use https, `sslmode: "verify-full"` and a CA, and no argument that skips the check',
  references: [hardening("End-to-end TLS"), cisPostgres("TLS is enabled and configured correctly")],
  productionOnly: true,
  check: ({ resources, settings }) => [
    ...resources.flatMap((resource) => ofMount(resource).map((what) => ({ at: resource, what }))),
    ...settings.flatMap((setting) =>
      ofProvider(setting).map((what) => ({ at: setting, what: `${setting.address}: ${what}` })),
    ),
  ],
};
