import { blocks, first, isComputed, isTrue, JsonObject, Program, Resource, text } from "../program";
import { nameOf } from "../pods";
import { cisKubernetes, hardening, nsa, Rule, Violation } from "../rule";
import { holdsPassword, isLiteral, isSecret, secretsIn } from "../secrets";

/** Arguments that hold a secret whatever stands in them. Others are told by their name. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  postgresql_role: ["password"],
  vault_database_secrets_mount: ["password", "private_key", "connection_url"],
  vault_database_secret_backend_connection: ["password", "private_key", "connection_url"],
  vault_database_secret_backend_static_role: ["password"],
  vault_kubernetes_auth_backend_config: ["token_reviewer_jwt"],
  vault_kv_secret: ["data_json"],
  vault_kv_secret_v2: ["data_json"],
  vault_generic_secret: ["data_json"],
  "provider.vault": ["token"],
  "provider.postgresql": ["password"],
  "provider.kubernetes": ["token", "password", "client_key"],
};

export const secretInPlainText: Rule = {
  id: "secret-in-plain-text",
  severity: "error",
  title: "No secret stands in the program, and so in no state and no ConfigMap",
  why: "What stands in an environment variable, a ConfigMap, chart values or an ordinary argument is read by whoever reads the state, the plan or the pod.",
  fix: "have Vault deliver it as a file (Credential, InjectedSecret), or give it by a write-only argument (password_wo, data_json_wo) from an ephemeral value",
  references: [
    cisKubernetes("5.4.1"),
    nsa("Secrets"),
    hardening("Do not store credentials in clear text"),
    "Terraform: Manage sensitive data, ephemeral values and write-only arguments",
  ],
  check: (program) => [
    ...program.pods.flatMap((pod) =>
      pod.containers.flatMap((container) =>
        inEnv(container).map((name) => ({
          at: pod,
          what: `the environment variable ${name} of container ${nameOf(container)} holds it in clear`,
        })),
      ),
    ),
    ...program.resources
      .filter(({ type }) => type === "kubernetes_env")
      .flatMap((patch) =>
        inEnv(patch.body).map((name) => ({
          at: patch,
          what: `the environment variable ${name} of ${patch.address} holds it in clear`,
        })),
      ),
    ...inData(program),
    ...inArguments([...program.resources, ...program.settings.filter(({ type }) => type !== "variable")]),
    ...inVariables(program.settings),
    ...program.releases.flatMap((chart) =>
      secretsIn(chart.values).map((path) => ({ at: chart, what: `the chart's value ${path} holds it in clear` })),
    ),
  ],
};

function inEnv({ env }: JsonObject): string[] {
  return blocks(env)
    .filter(({ name, value }) => isSecret(text(name) ?? "", value))
    .map(({ name }) => text(name) ?? "");
}

const KEPT: Readonly<Record<string, string>> = {
  kubernetes_config_map: "the ConfigMap",
  kubernetes_config_map_data: "the ConfigMap",
  kubernetes_secret: "the Secret",
  kubernetes_secret_data: "the Secret",
};

function inData({ resources }: Program): Violation[] {
  return resources.flatMap((resource) => {
    const kept = Object.hasOwn(KEPT, resource.type) ? KEPT[resource.type] : undefined;
    if (kept === undefined) return [];
    const { data, string_data: texts, binary_data: bytes } = resource.body;
    const found = Object.entries({ ...first(data), ...first(texts), ...first(bytes) }).filter(([key, value]) =>
      kept === "the Secret" ? typeof value === "string" && !isComputed(value) : isSecret(key, value),
    );
    const why = kept === "the Secret" ? ", and so the state does" : "";
    return found.map(([key]) => ({ at: resource, what: `${kept} holds the key ${key} in clear${why}` }));
  });
}

/** Read otherwise, or names and no values. */
const LEAVE = /^(annotations|labels|match_labels|env|values|set|set_list|set_sensitive)$/;
const LEAVE_DATA = new RegExp(`${LEAVE.source}|^(string_|binary_)?data$`);

function inArguments(resources: readonly Resource[]): Violation[] {
  return resources.flatMap((resource) => {
    const { type, body, address } = resource;
    const names = Object.hasOwn(ARGUMENTS, type) ? ARGUMENTS[type] : [];
    const certain = [body, ...blocks(body.postgresql)].flatMap((block) =>
      names.filter((name) => {
        const value = text(block[name]) ?? "";
        return name === "connection_url" ? holdsPassword(value) : value !== "" && !isComputed(value);
      }),
    );
    const likely = secretsIn(body, type.startsWith("kubernetes_") ? LEAVE_DATA : LEAVE).filter(
      (path) => !certain.some((name) => path === name || path.endsWith(`.${name}`) || path.startsWith(`${name}.`)),
    );
    return [...certain, ...likely].map((name) => ({ at: resource, what: `${address} holds ${name} in clear` }));
  });
}

/** A default is in the program, too; whoever gives another value keeps it out of it. */
function inVariables(settings: readonly Resource[]): Violation[] {
  return settings
    .filter(({ type, address, body }) => {
      const value = text(body.default) ?? "";
      return type === "variable" && (isSecret(address, value) || (isTrue(body.sensitive) && isLiteral(value)));
    })
    .map((variable) => ({ at: variable, what: `the default of ${variable.address} holds it in clear` }));
}
