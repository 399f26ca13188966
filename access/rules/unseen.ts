import { byCodeUnit } from "../model/graph";
import { blocks, isComputed, Json, JsonObject, object, text, texts } from "../terraform/json";
import { isPodType } from "./pods";
import type { Resource, Unseen } from "./resource";

/** Arguments that a rule decides by, as paths below the resource. Elsewhere, code of Terraform hides nothing from a rule. */
const DECIDING: readonly (readonly [type: RegExp, path: RegExp])[] = [
  [/^kubernetes_(cluster_)?role$/, /^(metadata(\.(name|namespace))?|rule(\.(verbs|resources|resource_names))?)$/],
  [/^kubernetes_(cluster_)?role_binding$/, /^(metadata(\.namespace)?|(role_ref|subject)(\.name)?)$/],
  [
    /^kubernetes_service$/,
    /^metadata(\.(name|namespace))?$|^spec(\.type|\.external_ips|\.selector(\..+)?|\.port(\.(port|target_port))?)?$/,
  ],
  [
    /^kubernetes_(ingress|(http|grpc|tls|tcp)?route)$/,
    /^metadata(\.namespace)?$|^spec(\.(default_backend|backend|service|rule|http|paths?(?!\.path$)|(backend|parent)_refs|alternate_backends|to|port|kind|number|(service_)?(name|port)|target_port|namespace))*$/,
  ],
  [
    /^kubernetes_network_policy$/,
    /^spec(\.(policy_types|ingress(\.from(\.((namespace|pod)_selector(\.match_\w+)?|ip_block(\.cidr)?))?)?))?$/,
  ],
  [/^kubernetes_(config_map|secret)(_data)?$/, /^((string_|binary_)?data)$/],
  [/^kubernetes_env$/, /^env$/],
  [/^kubernetes_labels$/, /^(kind|labels)$/],
  [/^helm_release$/, /^name$/],
  [/^postgresql_role$/, /^(superuser|replication|bypass_\w+|create_role|create_database|login|valid_until|roles)$/],
  [
    /^postgresql_(grant|grant_role|default_privileges|schema)$/,
    /^(role|grant_role|privileges|object_type|with_\w+|policy(\.(role|create|\w+_with_grant))?)$/,
  ],
  [/^vault_(kubernetes|jwt)_auth_backend_role$/, /^(bound_\w+|audience|bound_claims\..*)$/],
  [/^vault_database_secret_backend_(static_)?role$/, /^\w+_statements$/],
  [/^vault_database_secret(s_mount|_backend_connection)$/, /^(postgresql(\.verify_connection)?|verify_connection)$/],
  [/^vault_audit$/, /^options(\.log_raw)?$/],
  [/^vault_(kubernetes_auth_backend_config|jwt_auth_backend)$/, /^(kubernetes_host|oidc_discovery_url|jwks_url)$/],
  [/^provider\.vault$/, /^(address|skip_tls_verify)$/],
  [/^provider\.(kubernetes|helm)$/, /^(kubernetes|(kubernetes\.)?insecure)$/],
];

/** The same of whatever in Vault gives a policy. */
const POLICIES = /^(policies|token_policies|allowed_policies)$/;
const POD =
  /(^|\.)(template|job_template|spec|(init_)?container|volume|metadata|annotations|annotations\.vault\.hashicorp\.com\/agent-inject|annotations\.vault\.hashicorp\.com\/agent-share-process-namespace|share_process_namespace|port|labels(\..+)?|port\.(name|(host|container)_port)|env|image|service_account_name|automount_service_account_token|host_(network|pid|ipc|path)|resources(\.(requests|limits))?|metadata\.namespace)$|(^|\.)security_context(\.(privileged|allow_privilege_escalation|read_only_root_filesystem|run_as_non_root|run_as_user|seccomp_profile(\.type)?|capabilities(\.(add|drop))?))?$/;

function decides(type: string, path: string): boolean {
  return (
    (isPodType(type) && POD.test(path)) ||
    (type.startsWith("vault_") && POLICIES.test(path)) ||
    DECIDING.some(([of, at]) => of.test(type) && at.test(path))
  );
}

/** Whether a rule asks for such resources: how many there are then matters, too. */
function isJudged(type: string): boolean {
  const others = /^vault_(policy|token)$|^kubernetes_namespace$/;
  return isPodType(type) || others.test(type) || DECIDING.some(([of]) => of.test(type));
}

/** Paths that a rule decides by, where only an apply knows what stands there. */
function computedIn({ type, body }: Resource): string[] {
  const found = new Set<string>();
  const look = (value: Json | undefined, at: string): void => {
    if (isComputed(value)) {
      if (decides(type, at)) found.add(at);
    } else if (Array.isArray(value)) for (const one of value as Json[]) look(one, at);
    else
      for (const [key, one] of Object.entries(object(value)))
        if (key !== "//") look(one, at === "" ? key : `${at}.${key}`);
  };
  look(body, "");
  return [...found].sort(byCodeUnit);
}

/** What no rule can read of a resource that rules are about, and why. */
export function unreadIn(resource: Resource): Unseen[] {
  const { path, source, address, type, body, repeated } = resource;
  const why: string[] = [];
  const computed = computedIn(resource);
  if (computed.length > 0)
    why.push(`${listed(computed)} ${computed.length === 1 ? "is" : "are"} computed when Terraform runs`);
  const often = ["count", "for_each"].filter(
    (key) => isComputed(body[key]) || (key === "for_each" && body[key] !== undefined),
  );
  if (isJudged(type)) {
    if (often.length > 0) why.push(`${often.join(" and ")} decides when Terraform runs how many there are`);
    if (repeated !== undefined)
      why.push(`${listed(repeated)} is a dynamic block: how often it is there is computed when Terraform runs`);
  }
  if (type === "kubernetes_cluster_role" && blocks(body.aggregation_rule).length > 0)
    why.push("its aggregation_rule gathers the rules of other roles when the cluster runs");
  if (body.provisioner !== undefined) why.push("its provisioner runs commands that no rule reads");
  if (LOGS_IN.test(type)) why.push("who may log in by it is asked by no rule: it is of another auth method");
  if (type === "vault_database_secret_backend_role" || type === "vault_database_secret_backend_static_role") {
    const own = Object.entries(body).flatMap(([key, value]) => (key.endsWith("_statements") ? texts(value) : []));
    if (own.some((statement) => !isOurs(statement) && !isComputed(statement)))
      why.push("its statements are SQL of its own, of which rules read single words only");
  }
  if (type === "data.external") why.push("it runs a program of this machine");
  return why.map((one) => ({ path, ...(source !== undefined && { source }), why: `${address}: ${one}` }));
}

/** Roles of Vault's auth methods, but those that a rule reads. */
const LOGS_IN = /^vault_(?!kubernetes_|jwt_|token_)\w+_auth_backend_(role|user|group)$|^vault_github_(team|user)$/;

/** The statements that Leasehold writes: calls of its lease functions. */
const isOurs = (statement: string): boolean =>
  /^SELECT lease\.(issue|renew|close|revoke)\('\{\{name\}\}'[^;]*\)$|^COMMIT AND CHAIN$/.test(statement);

function listed(paths: readonly string[]): string {
  const [most, rest] = [paths.slice(0, 3), paths.length - 3];
  return rest > 0 ? `${most.join(", ")} and ${rest} more` : most.join(", ");
}

/** Providers whose resources rules read, and those that reach no system. */
const KNOWN = /^(kubernetes|helm|vault|postgresql|random|time|null|terraform|archive|local|cloudinit|template)$/;
/** What a document of Terraform may hold, and is read or makes nothing. */
const SECTIONS =
  /^(\/\/|terraform|provider|resource|data|variable|output|locals|module|ephemeral|moved|import|removed|check)$/;

/** What a stack holds of which no rule knows anything: other providers, other kinds of blocks. */
export function unknownIn(stack: string, document: JsonObject, read: ReadonlySet<string>): string[] {
  const strange = Object.entries(object(document.resource))
    .filter(
      ([type, all]) =>
        !KNOWN.test(type.split("_")[0]) && Object.keys(object(all)).some((id) => !read.has(`${type}.${id}`)),
    )
    .map(([type]) => type.split("_")[0]);
  return [
    ...[...new Set(strange)].sort(byCodeUnit).map((name) => `resources of the provider ${name}: no rule reads them`),
    ...Object.keys(document)
      .filter((key) => !SECTIONS.test(key))
      .map((key) => `the block ${JSON.stringify(text(key))} of ${stack}: no rule reads it`),
  ];
}
