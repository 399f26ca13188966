import { isComputed, JsonObject, object, text } from "../terraform/json";
import { isTrialRole, rotationStatements, trialOf } from "../model/ready";
import { repetition } from "./manifests";
import type { Resource } from "./resource";

/** What a request to Vault writes that is written out in the program, as the resource that stands for it. */
export interface Written {
  readonly resources: readonly Resource[];
  /** Why no rule can read it. */
  readonly why: readonly string[];
}

/** `vault_generic_endpoint` and `vault_generic_secret` write to any path: a policy, an auth role or a connection as well. */
export function writtenBy(resource: Resource): Written {
  const { type, body } = resource;
  if (type !== "vault_generic_endpoint" && type !== "vault_generic_secret") return { resources: [], why: [] };
  const none = (why: string): Written => ({ resources: [], why: [why] });
  const path = (text(body.path) ?? "").replace(/^\/+/, "");
  if (isComputed(path)) return none("the path that it writes to is computed when Terraform runs");
  // These change a password, and carry nothing that a rule asks for.
  if (/(^|\/)rotate-(root|role)\//.test(path)) return { resources: [], why: [] };
  const data = dataOf(body);
  // What every apply of Leasehold writes beside its connection.
  if (
    /\/config\/[^/]+$/.test(path) &&
    JSON.stringify(data) === JSON.stringify({ root_rotation_statements: rotationStatements })
  )
    return { resources: [], why: [] };
  if (isTrialRole(path.split("/").pop() ?? "") && isTrial(data)) return { resources: [], why: [] };
  const kind = kindOf(path, data ?? {});
  if (kind === undefined && type === "vault_generic_secret") return { resources: [], why: [] };
  if (data === undefined) return none(`what it writes to ${JSON.stringify(path)} is computed when Terraform runs`);
  if (kind === undefined) return none(`no rule knows what it writes to ${JSON.stringify(path)}`);
  return { resources: [{ ...resource, type: kind.type, body: { ...kind.body, ...repetition(body) } }], why: [] };
}

/** Which statements it runs, and that it changes no password: whose it is and where it is said are the program's. */
function isTrial(data: JsonObject | undefined): boolean {
  const { db_name: connection, username } = data ?? {};
  return JSON.stringify(data) === JSON.stringify(trialOf(String(connection), String(username)));
}

function dataOf(body: JsonObject): JsonObject | undefined {
  try {
    return object(JSON.parse(text(body.data_json) ?? "") as JsonObject);
  } catch {
    return undefined;
  }
}

function kindOf(path: string, data: JsonObject): { readonly type: string; readonly body: JsonObject } | undefined {
  const last = path.split("/").pop() ?? "";
  const body = { name: last, ...data };
  if (/^sys\/(policy|policies\/acl)\/[^/]+$/.test(path)) return { type: "vault_policy", body };
  if (/^sys\/audit\/./.test(path)) return { type: "vault_audit", body };
  if (/^auth\/token\/(create|roles\/)/.test(path)) return { type: "vault_token", body };
  if (/^auth\/.+\/roles?\/[^/]+$/.test(path)) {
    if ("bound_service_account_names" in data) return { type: "vault_kubernetes_auth_backend_role", body };
    return ["bound_claims", "bound_subject", "bound_audiences", "user_claim"].some((key) => key in data)
      ? { type: "vault_jwt_auth_backend_role", body }
      : undefined;
  }
  if (/^auth\/.+\/(users?|groups?)\/[^/]+$|^identity\/(entity|group)/.test(path))
    return { type: "vault_identity_entity", body };
  if (/\/config\/[^/]+$/.test(path) && ("connection_url" in data || "plugin_name" in data))
    return { type: "vault_database_secret_backend_connection", body: { postgresql: [data] } };
  if (/\/roles\/[^/]+$/.test(path) && ("creation_statements" in data || "db_name" in data))
    return { type: "vault_database_secret_backend_role", body };
  return undefined;
}
