import { blocks, first, isFalse, isTrue, Resource, text } from "../program";
import { cisPostgres, hardening, Rule } from "../rule";

function ofMount({ type, body }: Resource): string[] {
  if (type !== "vault_database_secrets_mount" && type !== "vault_database_secret_backend_connection") return [];
  return blocks(body.postgresql).flatMap((connection) => {
    // Readers differ about which of two counts.
    const modes = [...` ${text(connection.connection_url) ?? ""}`.matchAll(/[?&\s]sslmode\s*=\s*'?([\w-]+)/g)].map(
      ([, one]) => one,
    );
    const mode = modes.find((one) => !one.startsWith("verify-"));
    return [
      ...(modes.length > 0 && mode === undefined
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

/** Where Vault asks who a pod or a pipeline is: whoever answers in its place lets anybody in. */
function ofAuth({ type, body }: Resource): string[] {
  if (!/^vault_(kubernetes_auth_backend_config|jwt_auth_backend)$/.test(type)) return [];
  return ["kubernetes_host", "oidc_discovery_url", "jwks_url"].flatMap((key) =>
    text(body[key])?.startsWith("http:") ? [`Vault asks ${text(body[key])} in clear who logs in`] : [],
  );
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
    ...resources.flatMap((resource) =>
      [...ofMount(resource), ...ofAuth(resource)].map((what) => ({ at: resource, what })),
    ),
    ...settings.flatMap((setting) =>
      ofProvider(setting).map((what) => ({ at: setting, what: `${setting.address}: ${what}` })),
    ),
  ],
};
