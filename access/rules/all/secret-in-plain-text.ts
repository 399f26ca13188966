import { blocks, first, isComputed, Json, JsonObject, object, Program, Resource, text } from "../program";
import { nameOf } from "../pods";
import { cisKubernetes, hardening, nsa, Rule, Violation } from "../rule";

/** Names under which a secret usually stands; a variable that only says where the secret is to be found is not one. */
const NAME = /(^|[_.-])(pass(word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?)$/i;
/** A URI with a password in it, whatever the scheme. */
const URI = /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@{}$]+:[^\s:/@{}$]+@/i;

const isSecret = (name: string, value: Json | undefined): boolean =>
  typeof value === "string" && value !== "" && !isComputed(value) && (NAME.test(name) || URI.test(value));

/** Arguments of other resources that end in Terraform's state. */
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
        blocks(container.env)
          .filter(({ name, value }) => isSecret(text(name) ?? "", value))
          .map(({ name }) => ({
            at: pod,
            what: `the environment variable ${text(name) ?? ""} of container ${nameOf(container)} holds it in clear`,
          })),
      ),
    ),
    ...inData(program),
    ...inArguments([...program.resources, ...program.settings]),
    ...program.charts.flatMap((chart) =>
      secretsIn(chart.values, "").map((path) => ({ at: chart, what: `the chart's value ${path} holds it in clear` })),
    ),
  ],
};

function inData({ resources }: Program): Violation[] {
  return resources.flatMap((resource) => {
    const kept = { kubernetes_config_map: "the ConfigMap", kubernetes_secret: "the Secret" }[resource.type];
    if (kept === undefined) return [];
    const all = Object.entries({ ...first(resource.body.data), ...first(resource.body.string_data) });
    const found = all.filter(([key, value]) =>
      kept === "the Secret" ? typeof value === "string" && !isComputed(value) : isSecret(key, value),
    );
    const why = kept === "the Secret" ? ", and so the state does" : "";
    return found.map(([key]) => ({ at: resource, what: `${kept} holds the key ${key} in clear${why}` }));
  });
}

function inArguments(resources: readonly Resource[]): Violation[] {
  return resources.flatMap((resource) => {
    const names = ARGUMENTS[resource.type];
    if (names === undefined) return [];
    return [resource.body, ...blocks(resource.body.postgresql)].flatMap((body) =>
      names
        .filter((name) => {
          const value = body[name];
          if (typeof value !== "string" || value === "" || isComputed(value)) return false;
          return name === "connection_url" ? URI.test(value) : true;
        })
        .map((name) => ({ at: resource, what: `${resource.address} holds ${name} in clear` })),
    );
  });
}

function secretsIn(values: JsonObject, before: string): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = before === "" ? key : `${before}.${key}`;
    if (typeof value === "string") return isSecret(key, value) ? [path] : [];
    return secretsIn(object(value), path);
  });
}
