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
 * Powers that give a login, or change who gets one, beside writing below `sys/`: a path, and the capabilities that do it. `any` stands for any
 * name.
 */
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
    ...identities.flatMap(({ authPath, authRole }): [string, readonly string[]][] => [
      [`auth/${authPath}/role/${authRole}`, write],
      [`auth/${authPath}/role/any`, write],
      [`auth/${authPath}/config`, write],
    ]),
    // Who has the admin's password makes itself a login.
    ...(database.adminPassword === undefined ? [] : [[database.adminPassword, ["read"]] as [string, string[]]]),
    ...methods.flatMap(({ path, type }): [string, readonly string[]][] => [
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
    // What the server keeps, and what is in its memory.
    ["sys/raw/any", ["read"]],
    ["sys/storage/raft/snapshot", ["read"]],
    ["sys/pprof/any", ["read"]],
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
function reaches(rules: readonly PolicyRule[], all: ReturnType<typeof powers>): string[] {
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
