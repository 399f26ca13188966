import { AccessGraph, DatabaseNode } from "../../access/model/graph";
import { identityId } from "../../access/model/names";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
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
  const own = ownPolicies(graph, databases);
  const methods = await authMethods(vault, looked);
  for (const method of methods) await findInAuthMethod(vault, looked, method, own);
  for (const kind of ["entity", "group"])
    await every(vault, looked, `identity/${kind}/id`, `identity/${kind}/id`, (path, found) => {
      const policies = strings(found.policies);
      const what = `the ${kind} ${String(found.name)} at`;
      looked.findings.push(...holders(own, path, what, (policy) => policies.includes(policy)));
    });
  await findPolicies(vault, looked, graph, databases, methods);
  await findMountSettings(vault, looked, graph, databases, methods);
  await findAuditDevices(vault, looked, databases);
  await findSystemSettings(vault, looked, graph, databases, methods);
  return looked;
}

interface OwnPolicies {
  /** Policies that give a login, and the database of each. */
  readonly databases: ReadonlyMap<string, DatabaseNode>;
  /** What each auth role of the program may give. */
  readonly byAuthRole: ReadonlyMap<string, ReadonlySet<string>>;
}

function ownPolicies(graph: AccessGraph, databases: readonly DatabaseNode[]): OwnPolicies {
  return {
    databases: new Map(
      graph.edges.flatMap(({ policy, mountPath }) =>
        databases
          .filter((database) => database.mountPath === mountPath)
          .map((database): [string, DatabaseNode] => [policy, database]),
      ),
    ),
    byAuthRole: new Map(
      graph.identities.map(({ key, authPath, authRole, policies }) => [
        `auth/${authPath}/role/${authRole}`,
        new Set([
          ...policies,
          ...graph.edges.filter((e) => e.identity === identityId(key)).map(({ policy }) => policy),
        ]),
      ]),
    ),
  };
}

/** A finding for each policy of the program that is given at a path, and that the program does not give there. */
function holders(own: OwnPolicies, path: string, what: string, gives: (policy: string) => boolean): EffectiveFinding[] {
  return [...own.databases]
    .filter(([policy]) => gives(policy) && !own.byAuthRole.get(path)?.has(policy))
    .map(([policy, database]) => ({
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
    }));
}

/** The configuration, the roles, the users and the groups of one auth method. */
async function findInAuthMethod(
  vault: VaultReader,
  looked: Looked,
  { path, type }: Mount,
  own: OwnPolicies,
): Promise<void> {
  const bindings = BINDINGS[type];
  if (!bindings) {
    looked.notChecked.push(`Vault: auth/${path} is of type ${type}, whose roles and users are not known here`);
    return;
  }
  const config = GIVES_BY_CONFIG[type] && `auth/${path}/${GIVES_BY_CONFIG[type]}`;
  if (config) {
    const fields = await orDenied(looked, config, () => vault.get(config));
    const given = [fields?.token_policies, fields?.policies, fields?.unregistered_user_policies].flatMap(strings);
    looked.findings.push(...holders(own, config, "the configuration", (policy) => given.includes(policy)));
  }
  for (const [lists, each] of bindings) {
    const what = type === "token" ? "the role of tokens" : `the ${each.replace(/s$/, "")}`;
    await every(vault, looked, `auth/${path}/${lists}`, `auth/${path}/${each}`, (full, role) => {
      const given = [role.token_policies, role.policies, role.allowed_policies, role.value].flatMap(strings);
      const globs = strings(role.allowed_policies_glob).map(glob);
      const gives = (policy: string): boolean => given.includes(policy) || globs.some((one) => one.test(policy));
      looked.findings.push(...holders(own, full, what, gives));
    });
  }
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
