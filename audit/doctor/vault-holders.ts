import { AccessGraph, DatabaseNode } from "../../access/model/graph";
import { identityId } from "../../access/model/names";
import { keyOf } from "../effective/comparison";
import { VaultReader } from "./vault";
import { every, Looked, orDenied } from "./looked";
import { BINDINGS, GIVES_BY_CONFIG } from "./vault-methods";
import { findAuditDevices, findMountSettings, Mount, mountsOf } from "./vault-mounts";
import { findPolicies } from "./vault-policies";
import { findSystemSettings, SYSTEM_PATHS } from "./vault-system";

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
  ...SYSTEM_PATHS,
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
      "Vault: tokens that exist already, namespaces beside the token's, what the programs of its plugins do, and who has the keys that unseal it",
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
  await findPolicies(vault, looked, graph, databases, methods);
  await findMountSettings(vault, looked, graph, databases, methods);
  await findAuditDevices(vault, looked, databases);
  await findSystemSettings(vault, looked, graph, databases, methods);
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

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === "string" && value !== "" ? value.split(",") : [];
}
