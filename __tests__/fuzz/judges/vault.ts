import { posix } from "node:path";
import { isObject, JsonObject } from "../../../bench/rehearse/model/values";
import { parseHcl, unescapeTemplate } from "../../support/terraform-text";
import { Asked } from "../program";
import { namesOf } from "./asked-names";
import { readCall } from "./sql";
import { differs, differsAsSet, ofType, Reading } from "./terraform";
import { sentByVault } from "./vault-statements";

/** As Vault gives them to a statement. */
export const LOGIN = {
  name: "v-eu.shop.web-Xy1",
  username: "v-eu.shop.web-Xy1",
  password: "SCRAM-SHA-256$4096:a=$b=:c=",
};
const EXPIRATION = "2030-01-01 00:00:00+0000";

/** Auth method, roles, policies, mount, statements and entries. */
export async function judgeVault(reading: Reading, asked: Asked): Promise<string[]> {
  return [
    ...auth(reading, asked),
    ...(await policies(reading, asked)),
    ...mount(reading, asked),
    ...statements(reading, asked),
    ...entries(reading, asked),
  ];
}

function auth(reading: Reading, asked: Asked): string[] {
  const names = namesOf(asked);
  const [path, namespace] = [asked.text("authPath"), names.key.namespace];
  const role = (name: string, serviceAccount: string, policies: string[]): unknown => ({
    backend: path,
    name,
    serviceAccounts: [serviceAccount],
    namespaces: [namespace],
    audience: asked.text("audience"),
    policies: policies.sort(),
  });
  const found = ofType(reading, "vault_kubernetes_auth_backend_role").map(({ arguments: args }) => ({
    backend: args.backend,
    name: args.role_name,
    serviceAccounts: args.bound_service_account_names,
    namespaces: args.bound_service_account_namespaces,
    audience: args.audience,
    policies: [...(args.token_policies as string[])].sort(),
  }));
  return [
    ...ofType(reading, "vault_auth_backend").flatMap(({ arguments: args }) =>
      differs("the auth method", [args.path, args.type], [path, "kubernetes"]),
    ),
    ...ofType(reading, "vault_kubernetes_auth_backend_config").flatMap(({ arguments: args }) =>
      differs(
        "the auth configuration",
        [args.backend, args.kubernetes_host, args.kubernetes_ca_cert],
        [path, asked.text("kubernetesHost"), asked.text("kubernetesCa")],
      ),
    ),
    ...differsAsSet("an auth role", found, [
      role(names.authRole, names.key.serviceAccount, [
        names.policy,
        ...names.foreignPolicies,
        asked.text("policyName"),
        asked.text("givenPolicy"),
      ]),
      ...(asked.shape.server ? [role(`${namespace}.own`, "own", ["leasehold-postgres-own"])] : []),
    ]),
  ];
}

interface Rule {
  readonly capabilities: readonly string[];
  readonly [parameter: string]: unknown;
}

/** The rules of a policy, as HashiCorp's parser reads them: path, and everything that is said of it. */
export async function rulesOf(text: string): Promise<[string, Rule][]> {
  const { path = {}, ...rest } = (await parseHcl(text)) as { path?: Record<string, Rule[]> };
  if (Object.keys(rest).length > 0) throw new Error(`a policy with ${Object.keys(rest).join()}`);
  return Object.entries(path).flatMap(([name, blocks]) =>
    blocks.map((block): [string, Rule] => [unescapeTemplate(name), meaningOf(block) as Rule]),
  );
}

function meaningOf(value: unknown): unknown {
  if (typeof value === "string") return unescapeTemplate(value);
  if (Array.isArray(value)) return value.map(meaningOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [unescapeTemplate(key), meaningOf(child)]));
}

async function policies(reading: Reading, asked: Asked): Promise<string[]> {
  const names = namesOf(asked);
  const read = { capabilities: ["read"] };
  const allowed = { allowed_parameters: { [asked.text("parameter")]: [asked.text("parameterValue")] } };
  const found = await Promise.all(
    ofType(reading, "vault_policy").map(async ({ arguments: args }) => [args.name, await rulesOf(String(args.policy))]),
  );
  const exact = [names.grantedPath, asked.text("policyPath")].flatMap((path) =>
    // Vault gives `*` at the end, `+` between slashes and `{{…}}` anywhere a meaning; none was asked for.
    /[*+]|\{\{|\}\}/.test(path) || posix.normalize(`/${path}`) !== `/${path}`
      ? [`${JSON.stringify(path)} is not an exact path`]
      : [],
  );
  return [
    ...exact,
    ...differsAsSet("a policy", found, [
      [names.policy, [[names.grantedPath, read]]],
      [asked.text("policyName"), [[asked.text("policyPath"), { ...read, ...allowed }]]],
      ...(asked.shape.server
        ? [["leasehold-postgres-own", [[`${asked.text("kvMount")}/data/${names.serverEntry}`, read]]]]
        : []),
    ]),
  ];
}

/** Vault's client and server clean paths: what changes by that is another path. */
function pathProblems(path: string): string[] {
  const whole = `/v1/${path}`;
  return posix.normalize(whole) === whole && !/[?#%]/.test(path) && !whole.endsWith("/") && path === path.trim()
    ? []
    : [`${JSON.stringify(path)} is not the path that Vault gets`];
}

function mount(reading: Reading, asked: Asked): string[] {
  const names = namesOf(asked);
  return ofType(reading, "vault_database_secrets_mount").flatMap(({ arguments: args }) => {
    const [connection, ...others] = args.postgresql as JsonObject[];
    const url = String(connection.connection_url);
    const parts =
      /^postgresql:\/\/\{\{username\}\}:\{\{password\}\}@(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d+)\/([^/?#]*)\?(.*)$/.exec(
        url,
      );
    if (!parts || others.length > 0) return [`the connection URL is ${JSON.stringify(url)}`];
    return [
      ...pathProblems(names.mount),
      ...differs("the mount", args.path, names.mount),
      ...differs(
        "the connection",
        [parts[1], parts[2], decodeURIComponent(parts[3]), parts[4]],
        [
          asked.text("hostFromVault"),
          "5433",
          names.database,
          "sslmode=verify-full&target_session_attrs=read-write&application_name=vault",
        ],
      ),
      ...differs(
        "the connection's login",
        [connection.username, connection.tls_ca, connection.allowed_roles],
        [names.login, asked.text("ca"), ["*"]],
      ),
    ];
  });
}

function statements(reading: Reading, asked: Asked): string[] {
  const names = namesOf(asked);
  const roles = ofType(reading, "vault_database_secret_backend_role");
  if (roles.length !== 1) return [`${roles.length} database roles`];
  const [{ arguments: args }] = roles;
  const sent = (field: string): unknown[] =>
    sentByVault(args[field] as string[], { ...LOGIN, expiration: EXPIRATION }).map((sql) =>
      sql === "COMMIT AND CHAIN" ? sql : readCall(sql),
    );
  const revoked = [
    { name: "lease.close", args: [LOGIN.name] },
    "COMMIT AND CHAIN",
    { name: "lease.revoke", args: [LOGIN.name] },
  ];
  return [
    ...differs("the database role", [args.name, args.backend], [names.databaseRole, names.mount]),
    ...differs("issuing", sent("creation_statements"), [
      { name: "lease.issue", args: [LOGIN.name, LOGIN.password, EXPIRATION, names.group] },
    ]),
    ...differs("renewing", sent("renew_statements"), [{ name: "lease.renew", args: [LOGIN.name, EXPIRATION] }]),
    ...differs("revoking", sent("revocation_statements"), revoked),
    ...differs("rolling back", sent("rollback_statements"), revoked),
  ];
}

/** Entries of passwords, written and read: where Leasehold says they are, and nowhere else. */
function entries(reading: Reading, asked: Asked): string[] {
  const names = namesOf(asked);
  const mine: [string, string] = [asked.text("kvMount"), names.loginEntry];
  const admin: [string, string] = [asked.text("adminMount"), asked.text("adminPath")];
  const servers: [string, string][] = asked.shape.server ? [[asked.text("kvMount"), names.serverEntry]] : [];
  const written = ofType(reading, "vault_kv_secret_v2").filter(({ kind }) => kind === "resource");
  const read = ofType(reading, "vault_kv_secret_v2").filter(({ kind }) => kind === "ephemeral");
  const place = ({ arguments: args }: (typeof written)[number]): unknown => [args.mount, args.name];
  return [
    ...[mine, admin, ...servers].flatMap(([kv, entry]) => pathProblems(`${kv}/data/${entry}`)),
    ...differsAsSet("a written entry", written.map(place), [mine, ...servers]),
    ...differsAsSet("a read entry", read.map(place), [mine, admin, ...servers]),
    ...written.flatMap((block) => {
      const data = JSON.parse(String(block.arguments.data_json_wo)) as unknown as JsonObject;
      const user = block.stack === "access" ? names.login : "leasehold_admin";
      return isObject(data) && /^<ephemeral\.random_password\.[^>]*\.result>$/.test(String(data.password))
        ? differs("the entry's user", [data.username, Object.keys(data).sort()], [user, ["password", "username"]])
        : [`the entry holds ${JSON.stringify(data)}`];
    }),
  ];
}
