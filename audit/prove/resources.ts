import { referencesOf } from "../../access/terraform/expression";
import { isComputed } from "../../access/terraform/json";
import { parseTemplate } from "../../bench/rehearse/expressions";
import { isObject, Json, JsonObject, Where } from "../../bench/rehearse/model/values";

/** A resource of a stack, and the addresses that it reads or waits for. */
export interface Node {
  readonly stack: string;
  readonly address: string;
  readonly type: string;
  readonly body: JsonObject;
  readonly needs: readonly string[];
}

/** Terraform's JSON lets one block stand bare and several in a list. */
export function blocks(kinds: Json | undefined, type: string): JsonObject[] {
  if (!isObject(kinds)) return [];
  const value = kinds[type];
  return (Array.isArray(value) ? value : [value]).filter((body): body is JsonObject => isObject(body));
}

/** Every resource of a stack with the addresses that it reads or waits for. */
export function nodesOf(stack: string, document: JsonObject): Map<string, Node> {
  const nodes = new Map<string, Node>();
  for (const [type, named] of Object.entries(isObject(document.resource) ? document.resource : {})) {
    for (const [id, raw] of Object.entries(isObject(named) ? named : {})) {
      const body = Array.isArray(raw) ? raw[0] : raw;
      if (!isObject(body)) continue;
      const address = `${type}.${id}`;
      nodes.set(address, {
        stack,
        address,
        type,
        body,
        needs: [...new Set(addresses(body, new Where(stack, address)))],
      });
    }
  }
  return nodes;
}

/** Addresses that a value names, in templates and in depends_on. */
function addresses(value: Json, where: Where): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => addresses(entry, where));
  if (isObject(value))
    return Object.entries(value).flatMap(([key, entry]) =>
      key === "//"
        ? []
        : key === "depends_on" && Array.isArray(entry)
          ? entry.map((name) => String(name).split(".").slice(0, 2).join("."))
          : addresses(entry, where),
    );
  if (typeof value !== "string" || !isComputed(value)) return [];
  try {
    return referencesOf(parseTemplate(value, where)).map((path) => path.slice(0, 2).join("."));
  } catch {
    // The rehearsal does not know the expression. No block has the address `?`, so the block that reads it is not applied.
    return ["?"];
  }
}

/** Variables with a default, as `var.name`; others have no value here. */
export function defaults(document: JsonObject): Set<string> {
  const variables = Object.entries(isObject(document.variable) ? document.variable : {});
  return new Set(variables.filter(([, body]) => isObject(body) && "default" in body).map(([name]) => `var.${name}`));
}

/** Arguments that get a password of this run, whatever the program has there. */
export const PASSWORDS = new Set(["password", "password_wo"]);

/**
 * Addresses of the PostgreSQL blocks that can be applied here: they read only each other, and variables with a default. The
 * others are noted in `notApplied`.
 */
export function applicable(
  nodes: ReadonlyMap<string, Node>,
  variables: ReadonlySet<string>,
  notApplied: { stack: string; address: string; because: string }[],
): Set<string> {
  const applied = new Set(
    [...nodes.values()].filter(({ type }) => type.startsWith("postgresql_")).map(({ address }) => address),
  );
  for (let changed = true; changed;) {
    changed = false;
    for (const address of applied) {
      const { stack, body } = nodes.get(address) as Node;
      const read = Object.entries(body)
        .filter(([key]) => !PASSWORDS.has(key) && key !== "depends_on" && key !== "lifecycle" && key !== "provider")
        .flatMap(([, value]) => addresses(value, new Where(stack, address)));
      const strange = read.find((name) => !applied.has(name) && !variables.has(name));
      if (strange === undefined) continue;
      applied.delete(address);
      notApplied.push({
        stack,
        address,
        because: strange === "?" ? "an expression is not known" : `it reads ${strange}`,
      });
      changed = true;
    }
  }
  return applied;
}

/** Everything that a block waits for, directly or by way of others. */
export function closure(nodes: ReadonlyMap<string, Node>, address: string, seen = new Set<string>()): Set<string> {
  for (const next of nodes.get(address)?.needs ?? []) {
    if (seen.has(next)) continue;
    seen.add(next);
    closure(nodes, next, seen);
  }
  return seen;
}

const ON_OBJECTS = new Set(["table", "column", "sequence", "function", "procedure", "routine"]);

/** What has to wait for the tables: what comes after a Job and, where no Job makes the tables, what is granted on them. */
export function waitingForTables(
  nodes: ReadonlyMap<string, Node>,
  applied: ReadonlySet<string>,
  schemas: ReadonlySet<string>,
): Set<string> {
  const own = (address: string): boolean => {
    const { type, body } = nodes.get(address) as Node;
    // A schema that is a reference is the program's own; so is what is granted in `lease`.
    const where = new Where("", address);
    const outside = typeof body.schema === "string" && addresses(body.schema, where).length === 0;
    if (type === "postgresql_default_privileges") return outside;
    if (type !== "postgresql_grant" || !outside) return false;
    return ON_OBJECTS.has(String(body.object_type)) ? body.schema !== "lease" : !schemas.has(String(body.schema));
  };
  const after = (address: string): Set<string> => closure(nodes, address);
  const first = new Set(
    [...applied].filter(
      (address) => own(address) || [...after(address)].some((name) => name.startsWith("kubernetes_job_v1.")),
    ),
  );
  return new Set(
    [...applied].filter((address) => first.has(address) || [...after(address)].some((name) => first.has(name))),
  );
}
