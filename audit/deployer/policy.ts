import { readFileSync } from "node:fs";
import { join } from "node:path";
import { byCodeUnit } from "../../access/model/graph";
import { parseTemplate } from "../../bench/rehearse/expressions";
import { asBlocks, isObject, Json, JsonObject, Where } from "../../bench/rehearse/model/values";
import { Calls, Capability, EACH_RUN, EPHEMERALS, RESOURCES, VaultCall } from "./vault-calls";

/** What somebody who deploys asks of Vault. */
export interface DeployerPolicy {
  /** As Vault reads it: one rule a path, in the order of paths. */
  readonly hcl: string;
  readonly rules: ReadonlyMap<string, readonly Capability[]>;
  /** Blocks of Vault's provider whose needs are not known here, and why. */
  readonly notCovered: readonly { readonly stack: string; readonly address: string; readonly because: string }[];
}

export interface DeployerOptions {
  /** Only these stacks. @default - all */
  readonly stacks?: readonly string[];
  /** What a plan needs, and no more. */
  readonly planOnly: boolean;
}

/** No data source of Vault is known: none is made here. */
const KNOWN: Readonly<Record<VaultBlock["kind"], Readonly<Record<string, Calls | undefined>>>> = {
  resource: RESOURCES,
  ephemeral: EPHEMERALS,
  data: {},
};

const ORDER: readonly Capability[] = ["create", "read", "update", "delete", "list", "sudo"];

/** @throws when the folder holds no synthesized program, or has no stack of a name that was asked for */
export function deployerPolicy(outdir: string, { stacks: asked, planOnly }: DeployerOptions): DeployerPolicy {
  const manifest = readJson(join(outdir, "manifest.json"));
  const stacks = Object.entries(isObject(manifest.stacks) ? manifest.stacks : {});
  for (const name of asked ?? [])
    if (!stacks.some(([stack]) => stack === name))
      throw new Error(
        `there is no stack ${JSON.stringify(name)}: choose among ${stacks.map(([stack]) => stack).join(", ")}`,
      );
  const rules = new Map<string, Set<Capability>>();
  const notCovered: { stack: string; address: string; because: string }[] = [];
  const add = ({ path, plan, apply }: VaultCall): void => {
    const capabilities = planOnly ? plan : [...plan, ...apply];
    if (capabilities.length > 0) rules.set(path, new Set([...(rules.get(path) ?? []), ...capabilities]));
  };
  for (const [stack, entry] of stacks.filter(([name]) => asked === undefined || asked.includes(name))) {
    const path = isObject(entry) ? entry.synthesizedStackPath : undefined;
    if (typeof path !== "string" || !path.endsWith(".json"))
      throw new Error(`${outdir}/manifest.json: stack ${stack} has no JSON file: only JSON synthesis can be read`);
    const document = readJson(join(outdir, path));
    const blocks = [
      ...blocksOf(document, "resource"),
      ...blocksOf(document, "ephemeral"),
      ...blocksOf(document, "data"),
    ];
    if (blocks.length > 0) EACH_RUN.forEach(add);
    for (const { kind, type, address, body } of blocks) {
      const calls = KNOWN[kind][type];
      try {
        if (!calls) throw new Error(`what ${kind === "data" ? "data of " : ""}${type} needs is not known`);
        const of = (name: string, otherwise?: string): string =>
          argument(document, stack, address, body, name, otherwise);
        calls(of, (name) => body[name] !== undefined && body[name] !== false && body[name] !== null).forEach(add);
      } catch (error) {
        notCovered.push({ stack, address, because: (error as Error).message });
      }
    }
  }
  const sorted = [...rules]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([path, set]): [string, Capability[]] => [path, ORDER.filter((capability) => set.has(capability))]);
  return { hcl: sorted.map(([path, some]) => rule(path, some)).join("\n"), rules: new Map(sorted), notCovered };
}

function rule(path: string, capabilities: readonly Capability[]): string {
  return `path ${JSON.stringify(path)} {\n  capabilities = [${capabilities.map((one) => JSON.stringify(one)).join(", ")}]\n}\n`;
}

interface VaultBlock {
  readonly kind: "resource" | "ephemeral" | "data";
  readonly type: string;
  readonly address: string;
  readonly body: JsonObject;
}

function blocksOf(document: JsonObject, kind: VaultBlock["kind"]): VaultBlock[] {
  const kinds = document[kind];
  return Object.entries(isObject(kinds) ? kinds : {}).flatMap(([type, named]) =>
    !type.startsWith("vault_") || !isObject(named)
      ? []
      : Object.entries(named).flatMap(([id, raw]) =>
          asBlocks(raw, new Where("", `${type}.${id}`)).map((body) => {
            const prefix = kind === "resource" ? "" : `${kind}.`;
            return { kind, type, address: `${prefix}${type}.${id}`, body };
          }),
        ),
  );
}

/** The text of an argument: a plain one, or one that refers to a plain one of the same stack. */
function argument(
  document: JsonObject,
  stack: string,
  address: string,
  body: JsonObject,
  name: string,
  otherwise?: string,
): string {
  const value = name.split(".").reduce<Json | undefined>((of, part) => {
    if (Array.isArray(of)) return of[Number(part)];
    return isObject(of) ? of[part] : undefined;
  }, body);
  const text =
    value === undefined || value === null ? otherwise : resolve(value, document, new Where(stack, address, name));
  if (text === undefined) throw new Error(`it has no ${name}`);
  // In a policy these stand for more than one path.
  if (text === "" || /[*+\p{Cc}]|\{\{/u.test(text))
    throw new Error(`its ${name} is ${JSON.stringify(text)}, which a policy cannot name`);
  return text.replace(/^\/+|\/+$/g, "");
}

function resolve(value: Json, document: JsonObject, where: Where, depth = 0): string {
  const unknown = new Error(`its ${where.argument} is known only when Terraform runs`);
  if (typeof value !== "string" || depth > 8) throw unknown;
  const parsed = parseTemplate(value, where);
  if (parsed.kind === "literal") return String(parsed.value);
  if (parsed.kind !== "reference") throw unknown;
  const [type, id, attribute, ...more] = parsed.path;
  const named = isObject(document.resource) ? document.resource[String(type)] : undefined;
  const body = isObject(named) ? named[String(id)] : undefined;
  const next = isObject(body) ? body[String(attribute)] : undefined;
  if (next === undefined || more.length > 0) throw unknown;
  return resolve(next, document, where, depth + 1);
}

function readJson(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new Error(`${path} cannot be read: synthesize the program first, or name its folder with --out`);
  }
  const parsed = JSON.parse(text) as Json;
  if (!isObject(parsed)) throw new Error(`${path} is not an object`);
  return parsed;
}
