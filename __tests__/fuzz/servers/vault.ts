import { JsonObject } from "../../../bench/rehearse/model/values";
import { VaultServer } from "../../../bench/servers/vault";
import { namesOf } from "../judges/asked-names";
import { differs, ofType, Reading } from "../judges/terraform";
import { Asked } from "../program";

/** A path in a URL, as Go's client writes it. */
const url = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** Names that Vault has of its own: nothing can be mounted there. */
export function impossible(asked: Asked): boolean {
  const paths = [namesOf(asked).mount, asked.text("kvMount"), asked.text("authPath")];
  const first = paths.map((path) => path.split("/")[0]);
  return (
    first.some((part) => ["sys", "identity", "cubbyhole", "auth", "token", "agent-registry"].includes(part)) ||
    `${paths[0]}/`.startsWith(`${paths[1]}/`) ||
    `${paths[1]}/`.startsWith(`${paths[0]}/`) ||
    ["default", "root"].includes(asked.text("policyName"))
  );
}

/** Writes what was synthesized, reads it back, and asks Vault what the policies allow: the very path and no other. */
export async function tryOnVault(vault: VaultServer, reading: Reading, asked: Asked): Promise<string[]> {
  const names = namesOf(asked);
  const [kv, auth] = [asked.text("kvMount"), asked.text("authPath")];
  await vault.request("POST", `sys/mounts/${url(names.mount)}`, { type: "database" });
  await vault.request("POST", `sys/mounts/${url(kv)}`, { type: "kv", options: { version: "2" } });
  await vault.request("POST", `sys/auth/${url(auth)}`, { type: "kubernetes" });
  try {
    return [
      ...(await databaseRole(vault, reading, asked)),
      ...(await authRole(vault, reading, asked)),
      ...(await entry(vault, reading, asked)),
      ...(await policies(vault, reading, asked)),
    ];
  } finally {
    await vault.request("DELETE", `sys/auth/${url(auth)}`);
    await vault.request("DELETE", `sys/mounts/${url(kv)}`);
    await vault.request("DELETE", `sys/mounts/${url(names.mount)}`);
  }
}

async function databaseRole(vault: VaultServer, reading: Reading, asked: Asked): Promise<string[]> {
  const [{ arguments: role }] = ofType(reading, "vault_database_secret_backend_role");
  const path = `${url(String(role.backend))}/roles/${url(String(role.name))}`;
  const fields = ["creation_statements", "renew_statements", "revocation_statements", "rollback_statements"];
  const statements = Object.fromEntries(fields.map((field) => [field, role[field]]));
  await vault.request("POST", path, { db_name: "postgresql", ...statements });
  const { data } = await vault.request("GET", path);
  const listed = await vault.request("LIST", `${url(namesOf(asked).mount)}/roles`);
  return [
    ...differs("the statements", Object.fromEntries(fields.map((field) => [field, data?.[field]])), statements),
    ...differs("the roles of the mount", listed.data?.keys, [namesOf(asked).databaseRole]),
  ];
}

async function authRole(vault: VaultServer, reading: Reading, asked: Asked): Promise<string[]> {
  const { authRole: name } = namesOf(asked);
  const block = ofType(reading, "vault_kubernetes_auth_backend_role").find(
    ({ arguments: args }) => args.role_name === name,
  );
  const { backend, role_name, ...body } = block?.arguments as JsonObject;
  const path = `auth/${url(String(backend))}/role/${url(String(role_name))}`;
  await vault.request("POST", path, body);
  const { data } = await vault.request("GET", path);
  const kept = ["bound_service_account_names", "bound_service_account_namespaces", "audience"];
  // Vault folds the names of policies, wherever it meets them.
  const folded = (all: unknown): string[] => (all as string[]).map((one) => one.toLowerCase()).sort();
  return [
    ...kept.flatMap((field) => differs(`the auth role's ${field}`, data?.[field], body[field])),
    ...differs("the token's policies", folded(data?.token_policies), folded(body.token_policies)),
  ];
}

async function entry(vault: VaultServer, reading: Reading, asked: Asked): Promise<string[]> {
  const written = ofType(reading, "vault_kv_secret_v2", "access").find(({ kind }) => kind === "resource");
  const { mount, name, data_json_wo: json } = written?.arguments as JsonObject;
  const data = JSON.parse(String(json)) as JsonObject;
  const path = `${url(String(mount))}/data/${url(String(name))}`;
  await vault.request("POST", path, { data });
  const read = await vault.request("GET", path);
  const first = String(name).split("/")[0];
  const listed = await vault.request("LIST", `${url(String(mount))}/metadata`);
  return [
    ...differs("the entry", (read.data as { data?: unknown } | undefined)?.data, data),
    ...differs("the entry's user", data.username, namesOf(asked).login),
    ...differs("the folders of the KV mount", listed.data?.keys, [`${first}/`]),
  ];
}

/** Paths that are not the one asked for, however near. */
function nearTo(path: string): string[] {
  const parts = path.split("/");
  return (
    [
      ...[`${path}x`, `${path}/x`, [...path].slice(0, -1).join(""), path.toUpperCase(), parts.slice(0, -1).join("/")],
      ...[`${parts.slice(0, -1).join("/")}/`, `${parts.slice(0, -1).join("/")}/other`, `${parts[0]}/config/postgresql`],
      ...["sys/raw/x", "sys/policies/acl/x", "auth/token/create"],
    ]
      // Vault trims what it is asked about, and answers under the trimmed name.
      .map((near) => near.trim())
      .filter((near) => near !== path && near !== "")
  );
}

async function policies(vault: VaultServer, reading: Reading, asked: Asked): Promise<string[]> {
  const names = namesOf(asked);
  const problems: string[] = [];
  for (const [name, path] of [
    [names.policy, names.grantedPath],
    [asked.text("policyName"), asked.text("policyPath")],
  ]) {
    const block = ofType(reading, "vault_policy").find(({ arguments: args }) => args.name === name);
    await vault.request("PUT", `sys/policies/acl/${url(name)}`, { policy: String(block?.arguments.policy) });
    const { data } = await vault.request("GET", `sys/policies/acl/${url(name)}`);
    problems.push(...differs("a policy's text", data?.policy, block?.arguments.policy));
    const made = await vault.request("POST", "auth/token/create", { policies: [name], no_default_policy: true });
    const token = made.auth?.client_token;
    const paths = [path, ...nearTo(path)];
    const answer = await vault.request("POST", "sys/capabilities", { token, paths });
    const allowed = (answer.data ?? answer) as Record<string, unknown>;
    for (const one of paths)
      problems.push(...differs(`what ${name} allows on ${one}`, allowed[one], one === path ? ["read"] : ["deny"]));
    await vault.request("POST", "auth/token/revoke", { token });
    await vault.request("DELETE", `sys/policies/acl/${url(name)}`);
  }
  return problems;
}
