import { AccessGraph, DatabaseNode } from "../../access/model/graph";
import { firstPasswordPolicyName, identityId } from "../../access/model/names";
import { keyOf } from "../effective/comparison";
import { VaultReader } from "./vault";
import { Looked, orDenied } from "./looked";
import { findAuditDevices, findMountSettings, Mount, mountsOf } from "./vault-mounts";
import { namesFor, rulesOf, ruleFor } from "../../access/rules/policy-text";

/** Where each kind of auth method has what it binds to policies: the path that lists, and the one below which each stands. */
const BINDINGS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  kubernetes: [["role", "role"]],
  approle: [["role", "role"]],
  jwt: [["role", "role"]],
  oidc: [["role", "role"]],
  azure: [["role", "role"]],
  oci: [["role", "role"]],
  saml: [["role", "role"]],
  aws: [["roles", "role"]],
  gcp: [["roles", "role"]],
  alicloud: [["roles", "role"]],
  cf: [["roles", "roles"]],
  token: [["roles", "roles"]],
  userpass: [["users", "users"]],
  radius: [["users", "users"]],
  ldap: [
    ["users", "users"],
    ["groups", "groups"],
  ],
  okta: [
    ["users", "users"],
    ["groups", "groups"],
  ],
  kerberos: [["groups", "groups"]],
  cert: [["certs", "certs"]],
  github: [
    ["map/teams", "map/teams"],
    ["map/users", "map/users"],
  ],
};

/** Kinds of auth method whose own configuration gives policies, to everybody who logs in there. */
const GIVES_BY_CONFIG: Readonly<Record<string, string>> = {
  ldap: "config",
  okta: "config",
  radius: "config",
  github: "config",
  kerberos: "config/ldap",
};

/** More of one kind are not read one by one: each is a request. */
const MOST = 5000;

/** The paths that these checks read, by what each may do there; for the policy that doctor asks for. */
export const HOLDER_PATHS: readonly (readonly [string, readonly string[]])[] = [
  ["sys/auth", ["read"]],
  ["sys/policies/acl", ["list"]],
  ["sys/policies/acl/+", ["read"]],
  ...[...new Set(Object.values(BINDINGS).flat().flat())].sort().flatMap((name): [string, string[]][] => [
    [`auth/+/${name}/`, ["list"]],
    [`auth/+/${name}/+`, ["read"]],
  ]),
  ["sys/mounts", ["read"]],
  // Vault wants sudo of whoever reads how it is audited.
  ["sys/audit", ["read", "sudo"]],
  ...[...new Set(Object.values(GIVES_BY_CONFIG))]
    .sort()
    .map((name): [string, string[]] => [`auth/+/${name}`, ["read"]]),
  ["identity/entity/id", ["list"]],
  ["identity/entity/id/+", ["read"]],
  ["identity/group/id", ["list"]],
  ["identity/group/id/+", ["read"]],
];

/**
 * Finds whoever gets one of the program's policies, or another policy that reaches as far. It reads every role, user
 * and group of every auth method, every role of tokens, every entity and group, and every policy.
 *
 * @param databases the program's own, that are looked at
 */
export async function findHolders(
  vault: VaultReader,
  graph: AccessGraph,
  databases: readonly DatabaseNode[],
): Promise<Looked> {
  const looked: Looked = {
    findings: [],
    notChecked: [
      "Vault: tokens that exist already, namespaces beside the token's, plugins, and who has the keys that unseal it",
    ],
  };
  const mounts = new Set(databases.map(({ mountPath }) => mountPath));
  const edges = graph.edges.filter(({ mountPath }) => mounts.has(mountPath));
  const ours = new Map(edges.map((edge) => [edge.policy, databases.find((d) => d.mountPath === edge.mountPath)!]));
  const declared = new Map(
    graph.identities.map(({ key, authPath, authRole, policies }) => [
      `auth/${authPath}/role/${authRole}`,
      new Set([...policies, ...graph.edges.filter((e) => e.identity === identityId(key)).map(({ policy }) => policy)]),
    ]),
  );
  const holds = (path: string, policies: readonly string[], what: string): void => {
    for (const policy of policies) {
      const database = ours.get(policy);
      if (!database || declared.get(path)?.has(policy)) continue;
      looked.findings.push({
        code: "policy-holder",
        severity: "error",
        database: keyOf(database),
        who: [path],
        object: { kind: "vault path", name: `${path} with ${policy}` },
        privileges: [],
        declared: `policy ${policy} is for one identity's auth role`,
        effective: `${what} ${path} gives it, too`,
        why: "it was made or changed by hand, or by another program: who logs in through it gets the identity's logins",
        fix: `take ${policy} out of ${path}, after you know who uses it`,
      });
    }
  };
  const methods = await authMethods(vault, looked);
  for (const { path, type } of methods) {
    const bindings = BINDINGS[type];
    if (!bindings) {
      looked.notChecked.push(`Vault: auth/${path} is of type ${type}, whose roles and users are not known here`);
      continue;
    }
    const config = GIVES_BY_CONFIG[type] && `auth/${path}/${GIVES_BY_CONFIG[type]}`;
    if (config) {
      const fields = await orDenied(looked, config, () => vault.get(config));
      const given = [fields?.token_policies, fields?.policies, fields?.unregistered_user_policies].flatMap(strings);
      holds(
        config,
        given.filter((policy) => ours.has(policy)),
        "the configuration",
      );
    }
    for (const [lists, each] of bindings)
      await every(vault, looked, `auth/${path}/${lists}`, `auth/${path}/${each}`, (full, role) => {
        const globs = strings(role.allowed_policies_glob).map(glob);
        holds(
          full,
          [...ours.keys()].filter(
            (policy) =>
              [role.token_policies, role.policies, role.allowed_policies, role.value].some((list) =>
                strings(list).includes(policy),
              ) || globs.some((one) => one.test(policy)),
          ),
          type === "token" ? "the role of tokens" : `the ${each.replace(/s$/, "")}`,
        );
      });
  }
  for (const kind of ["entity", "group"])
    await every(vault, looked, `identity/${kind}/id`, `identity/${kind}/id`, (path, found) =>
      holds(path, strings(found.policies), `the ${kind} ${String(found.name)} at`),
    );
  await policies(vault, looked, graph, databases, methods);
  await findMountSettings(vault, looked, graph, databases, methods);
  await findAuditDevices(vault, looked, databases);
  return looked;
}

/** What Vault's glob, in which only `*` has a meaning, covers. */
function glob(text: string): RegExp {
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

async function authMethods(vault: VaultReader, looked: Looked): Promise<Mount[]> {
  return mountsOf((await orDenied(looked, "sys/auth", () => vault.get("sys/auth"))) ?? {});
}

async function every(
  vault: VaultReader,
  looked: Looked,
  list: string,
  each: string,
  see: (path: string, fields: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  const keys = (await orDenied(looked, list, () => vault.list(list))) ?? [];
  if (keys.length > MOST)
    looked.notChecked.push(`Vault: ${keys.length - MOST} of the ${keys.length} below ${list}: too many to read each`);
  for (const key of keys.slice(0, MOST)) {
    const path = `${each}/${key}`;
    const fields = await orDenied(looked, path, () => vault.get(path));
    if (fields) see(path, fields);
  }
}

/** Powers that give a login, or change who gets one: a path, and the capabilities that do it. `any` stands for any name. */
function powers(
  graph: AccessGraph,
  database: DatabaseNode,
  methods: readonly Mount[],
): [string, readonly string[], RegExp?][] {
  const { mountPath, connection } = database;
  const edges = graph.edges.filter((edge) => edge.mountPath === mountPath);
  const identities = graph.identities.filter(({ key }) => edges.some(({ identity }) => identity === identityId(key)));
  const write = ["create", "update", "patch"];
  return [
    ...[...edges.map(({ databaseRole }) => databaseRole), "any"].flatMap(
      (role): [string, readonly string[], RegExp?][] => [
        [`${mountPath}/creds/${role}`, ["read"]],
        [`${mountPath}/roles/${role}`, write, /statements|credential|^\*$/],
      ],
    ),
    [`${mountPath}/config/${connection}`, write, /url|username|password|plugin|template|statements|tls|^\*$/],
    [`${mountPath}/config/any`, write, /url|username|password|plugin|template|statements|tls|^\*$/],
    [`${mountPath}/static-roles/any`, write],
    [`${mountPath}/static-creds/any`, ["read"]],
    ...edges.flatMap(({ policy }): [string, readonly string[]][] => [
      [`sys/policies/acl/${policy}`, write],
      [`sys/policy/${policy}`, write],
    ]),
    ...identities.flatMap(({ authPath, authRole }): [string, readonly string[]][] => [
      [`auth/${authPath}/role/${authRole}`, write],
      [`auth/${authPath}/role/any`, write],
      [`auth/${authPath}/config`, write],
    ]),
    [`sys/mounts/${mountPath}/tune`, write],
    // Who has the admin's password makes itself a login.
    ...(database.adminPassword === undefined ? [] : [[database.adminPassword, ["read"]] as [string, string[]]]),
    // A mount that is moved is reached by other rules.
    ["sys/remount", write],
    // A device can be told to write secrets as they are.
    ["sys/audit/any", write],
    ["sys/plugins/catalog/database/any", write],
    ["sys/plugins/catalog/auth/any", write],
    ["sys/auth/any", write],
    ...methods.flatMap(({ path, type }): [string, readonly string[]][] => [
      [`sys/auth/${path}/tune`, write],
      [`sys/mounts/auth/${path}/tune`, write],
      // Who writes a role or a user of any method gives it any policy.
      ...(type === "token"
        ? []
        : (BINDINGS[type] ?? []).flatMap(([, each]): [string, string[]][] => [
            [`auth/${path}/${each}/any`, write],
            // Some methods have a path of its own for the policies of a user.
            [`auth/${path}/${each}/any/policies`, write],
          ])),
      ...(GIVES_BY_CONFIG[type] ? [[`auth/${path}/${GIVES_BY_CONFIG[type]}`, write] as [string, string[]]] : []),
    ]),
    ["sys/policies/acl/any", write],
    ["sys/policy/any", write],
    ["sys/policies/acl/default", write],
    ["sys/policy/default", write],
    ["sys/raw/any", ["read", ...write]],
    ["auth/token/roles/any", write],
    ["auth/token/create", ["sudo"]],
    ["auth/token/create/any", ["sudo"]],
    ["auth/token/create-orphan", ["sudo"]],
    // Older names of an entity's alias.
    ...["persona", "alias"].flatMap((kind): [string, readonly string[]][] => [
      [`identity/${kind}`, write],
      [`identity/${kind}/id/any`, write],
    ]),
    ["identity/entity/merge", write],
    ...["entity-alias", "group-alias"].flatMap((kind): [string, readonly string[]][] => [
      [`identity/${kind}`, write],
      [`identity/${kind}/id/any`, write],
    ]),
    ...["entity", "group"].flatMap((kind): [string, readonly string[]][] =>
      [kind, `${kind}/id/any`, `${kind}/name/any`].map((path): [string, readonly string[]] => [
        `identity/${path}`,
        write,
      ]),
    ),
  ];
}

async function policies(
  vault: VaultReader,
  looked: Looked,
  graph: AccessGraph,
  databases: readonly DatabaseNode[],
  methods: readonly Mount[],
): Promise<void> {
  const ours = new Set(graph.edges.map(({ policy }) => policy));
  await every(vault, looked, "sys/policies/acl", "sys/policies/acl", (path, { policy: text }) => {
    const name = path.slice("sys/policies/acl/".length);
    // Ours are compared word for word; the text of root is empty.
    if (ours.has(name) || name === "root") return;
    const rules = typeof text === "string" ? rulesOf(text) : undefined;
    if (rules === undefined) {
      looked.notChecked.push(`Vault: policy ${name}: its text is not understood here`);
      return;
    }
    for (const database of databases) {
      // The server's own pods read the first password, and nothing else.
      if (name === firstPasswordPolicyName(database.instance) && readsOnly(text, database.adminPassword)) continue;
      const reached = powers(graph, database, methods).filter(([target, capabilities, harmful]) =>
        namesFor(rules, target).some((name) => {
          const rule = ruleFor(rules, name);
          if (!rule || rule.capabilities.includes("deny")) return false;
          if (rule.parameters && harmful && !rule.parameters.some((parameter) => harmful.test(parameter))) return false;
          return capabilities.some((capability) => rule.capabilities.includes(capability));
        }),
      );
      if (reached.length === 0) continue;
      const targets = [...new Set(reached.map(([target]) => target.replace(/\/any$/, "/*")))];
      looked.findings.push({
        code: "policy-reaches",
        severity: "error",
        database: keyOf(database),
        who: [name],
        object: { kind: "vault path", name: path },
        privileges: [],
        declared: "nobody but an identity gets its logins, and nobody but Terraform says who does",
        effective: `policy ${name} reaches ${targets.slice(0, 4).join(", ")}${targets.length > 4 ? ` and ${targets.length - 4} more` : ""}`,
        why: "the program did not make it for that, or it was widened: who has it may get logins, or let others get them",
        fix: `see who has it; take the rule out of ${path}, or accept it`,
      });
    }
  });
}

/** Whether a policy reads this one path, and gives nothing else. */
function readsOnly(text: unknown, path: string | undefined): boolean {
  if (typeof text !== "string" || path === undefined) return false;
  const same = (one: string): string => one.replace(/^\s*#.*$/gm, "").replace(/[\s,]+/g, "");
  return same(text) === same(`path ${JSON.stringify(path)} { capabilities = ["read"] }`);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === "string" && value !== "" ? value.split(",") : [];
}
