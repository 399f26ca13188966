import { AccessGraph, DatabaseNode } from "../../access/model/graph";
import { firstPasswordPolicyName, identityId } from "../../access/model/names";
import { namesFor, ruleFor } from "../../access/rules/policy-match";
import { PolicyRule, rulesOf } from "../../access/rules/policy-text";
import { keyOf } from "../effective/comparison";
import { every, Looked } from "./looked";
import type { VaultReader } from "./vault";
import { BINDINGS, GIVES_BY_CONFIG } from "./vault-methods";
import type { Mount } from "./vault-mounts";
import { writesToSystem } from "./vault-writes";

/**
 * A power that gives a login, or changes who gets one: a path, the capabilities that do it, and the parameters that have to be
 * among those of the rule where it names some. `any` stands for any name.
 */
type Power = readonly [path: string, capabilities: readonly string[], parameters?: RegExp];

const WRITE = ["create", "update", "patch"];

/** All such powers, but for those that writing below `sys/` gives: `writesToSystem` finds these. */
function powers(graph: AccessGraph, database: DatabaseNode, methods: readonly Mount[]): Power[] {
  return [
    ...overMount(graph, database),
    ...overAuthRoles(graph, database),
    // Who has the admin's password makes itself a login.
    ...(database.adminPassword === undefined ? [] : [[database.adminPassword, ["read"]] as const]),
    ...methods.flatMap(overMethod),
    ...OVER_VAULT,
  ];
}

function overMount(graph: AccessGraph, { mountPath, connection }: DatabaseNode): Power[] {
  const settings = /url|username|password|plugin|template|statements|tls|^\*$/;
  const edges = graph.edges.filter((edge) => edge.mountPath === mountPath);
  return [
    ...[...edges.map(({ databaseRole }) => databaseRole), "any"].flatMap((role): Power[] => [
      [`${mountPath}/creds/${role}`, ["read"]],
      [`${mountPath}/roles/${role}`, WRITE, /statements|credential|^\*$/],
    ]),
    [`${mountPath}/config/${connection}`, WRITE, settings],
    [`${mountPath}/config/any`, WRITE, settings],
    [`${mountPath}/static-roles/any`, WRITE],
    [`${mountPath}/static-creds/any`, ["read"]],
  ];
}

function overAuthRoles(graph: AccessGraph, { mountPath }: DatabaseNode): Power[] {
  const edges = graph.edges.filter((edge) => edge.mountPath === mountPath);
  const identities = graph.identities.filter(({ key }) => edges.some(({ identity }) => identity === identityId(key)));
  return identities.flatMap(({ authPath, authRole }): Power[] => [
    [`auth/${authPath}/role/${authRole}`, WRITE],
    [`auth/${authPath}/role/any`, WRITE],
    [`auth/${authPath}/config`, WRITE],
  ]);
}

/** Who writes a role or a user of any method gives it any policy. */
function overMethod({ path, type }: Mount): Power[] {
  const bindings = type === "token" ? [] : (BINDINGS[type] ?? []);
  return [
    ...bindings.flatMap(([, each]): Power[] => [
      [`auth/${path}/${each}/any`, WRITE],
      // Some methods have a path of its own for the policies of a user.
      [`auth/${path}/${each}/any/policies`, WRITE],
    ]),
    ...(GIVES_BY_CONFIG[type] ? [[`auth/${path}/${GIVES_BY_CONFIG[type]}`, WRITE] as const] : []),
  ];
}

const OVER_VAULT: readonly Power[] = [
  // What the server keeps, and what is in its memory.
  ["sys/raw/any", ["read"]],
  ["sys/storage/raft/snapshot", ["read"]],
  ["sys/pprof/any", ["read"]],
  ["auth/token/roles/any", WRITE],
  ["auth/token/create", ["sudo"]],
  ["auth/token/create/any", ["sudo"]],
  ["auth/token/create-orphan", ["sudo"]],
  // Entities, groups and their aliases; `persona` and `alias` are older names of an entity's alias.
  ...["persona", "alias"].flatMap(overKind),
  ["identity/entity/merge", WRITE],
  ...["entity-alias", "group-alias"].flatMap(overKind),
  ...["entity", "group"].flatMap((kind): Power[] => [...overKind(kind), [`identity/${kind}/name/any`, WRITE]]),
];

function overKind(kind: string): Power[] {
  return [
    [`identity/${kind}`, WRITE],
    [`identity/${kind}/id/any`, WRITE],
  ];
}

export async function findPolicies(
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
      const targets = reaches(rules, powers(graph, database, methods));
      if (targets.length === 0) continue;
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

/** What of this a policy may do, and what else it may write of Vault itself. */
function reaches(rules: readonly PolicyRule[], all: readonly Power[]): string[] {
  const reached = all.filter(([target, capabilities, harmful]) =>
    namesFor(rules, target).some((name) => {
      const rule = ruleFor(rules, name);
      if (!rule || rule.capabilities.includes("deny")) return false;
      if (rule.parameters && harmful && !rule.parameters.some((parameter) => harmful.test(parameter))) return false;
      return capabilities.some((capability) => rule.capabilities.includes(capability));
    }),
  );
  const targets = reached.map(([target]) => target.replace(/\/any$/, "/*"));
  return [...new Set([...targets, ...writesToSystem(rules)])];
}

/** Whether a policy reads this one path, and gives nothing else. */
function readsOnly(text: unknown, path: string | undefined): boolean {
  if (typeof text !== "string" || path === undefined) return false;
  const same = (one: string): string => one.replace(/^\s*#.*$/gm, "").replace(/[\s,]+/g, "");
  return same(text) === same(`path ${JSON.stringify(path)} { capabilities = ["read"] }`);
}
