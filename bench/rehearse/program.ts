/**
 * Reads what cdktf synthesized: the manifest for the order of stacks, one cdk.tf.json per stack. Every block kind and every
 * meta-argument is known here or refused; arguments of resources are checked later by their handlers.
 */
import { readFile } from "fs/promises";
import { join } from "path";
import type { Path } from "../../access/terraform/expression";
import { parseReference } from "./expressions";
import { VERSIONS } from "./providers";
import { Json, JsonObject, Where, asBlocks, isObject, kindOf } from "./model/values";
import { EndpointMapping, mapEndpoints } from "./viewpoints";

/** One block of a stack: something that is evaluated, opened or applied at its turn. */
export interface Block {
  kind: "resource" | "ephemeral" | "provider" | "variable" | "output";
  /** `type.name`, `ephemeral.type.name`, `provider.name[.alias]`, `var.name`, `output.name` */
  address: string;
  type: string;
  arguments: JsonObject;
  dependsOn: Path[];
  /** Address of the provider block, for resources and ephemeral resources. */
  provider?: string;
  lifecycle: Lifecycle;
}

export interface Lifecycle {
  replaceTriggeredBy: Path[];
  createBeforeDestroy: boolean;
  preventDestroy: boolean;
  ignoreChanges: string[] | "all";
}

export interface Stack {
  name: string;
  dependencies: string[];
  blocks: Map<string, Block>;
  /** Ids of objects that are taken into the state where it does not have them, by address: the import blocks. */
  imports: ReadonlyMap<string, string>;
  /** Addresses that leave the state, while what they made stays: the removed blocks. */
  removed: ReadonlySet<string>;
}

export interface Program {
  /** In an order in which every stack comes after the stacks it depends on. */
  stacks: Stack[];
}

export interface LoadOptions {
  /** Addresses as the program names them, to where they are on this machine. */
  endpoints?: EndpointMapping[];
}

const NO_LIFECYCLE: Lifecycle = {
  replaceTriggeredBy: [],
  createBeforeDestroy: false,
  preventDestroy: false,
  ignoreChanges: [],
};

const TERRAFORM_SETTINGS = new Set(["required_providers", "required_version", "backend"]);
const BLOCK_KINDS = new Set([
  "//",
  "terraform",
  "provider",
  "resource",
  "ephemeral",
  "variable",
  "output",
  "import",
  "removed",
]);

/** Loads a synthesized program, usually from `cdktf.out`. */
export async function loadProgram(outdir: string, options: LoadOptions = {}): Promise<Program> {
  const manifest = await readJson(join(outdir, "manifest.json"));
  const listed = isObject(manifest.stacks) ? manifest.stacks : {};
  const stacks: Stack[] = [];
  for (const [key, entry] of Object.entries(listed)) {
    const where = new Where(key, "manifest");
    if (!isObject(entry)) throw where.error("expected an object");
    const path = entry.synthesizedStackPath;
    const dependencies = Array.isArray(entry.dependencies) ? entry.dependencies.map(String) : [];
    if (typeof path !== "string") throw where.at("synthesizedStackPath").error("expected a path");
    if (!path.endsWith(".json")) throw where.at("synthesizedStackPath").error("only JSON synthesis can be rehearsed");
    const document = mapEndpoints(await readJson(join(outdir, path)), options.endpoints ?? []);
    stacks.push(parseStack(String(entry.name ?? key), document, dependencies));
  }
  return { stacks: inOrder(stacks) };
}

async function readJson(path: string): Promise<JsonObject> {
  const parsed = JSON.parse(await readFile(path, "utf8")) as Json;
  if (!isObject(parsed)) throw new Error(`${path}: expected an object, found ${kindOf(parsed)}`);
  return parsed;
}

/** A program of stacks already in memory. */
export function programOf(stacks: Stack[]): Program {
  return { stacks: inOrder(stacks) };
}

/** Reads one stack's document. */
export function parseStack(name: string, document: JsonObject, dependencies: string[] = []): Stack {
  const root = new Where(name, "top level");
  for (const kind of Object.keys(document)) {
    if (!BLOCK_KINDS.has(kind)) throw root.error(`${kind} blocks are not known to the rehearsal`);
  }
  for (const settings of asBlocks(document.terraform, root)) {
    for (const key of Object.keys(settings)) {
      if (!TERRAFORM_SETTINGS.has(key)) throw new Where(name, "terraform", key).error("not known to the rehearsal");
    }
    checkVersions(settings.required_providers, new Where(name, "terraform", "required_providers"));
  }
  const blocks = new Map<string, Block>();
  const add = (block: Block) => {
    if (blocks.has(block.address)) throw new Where(name, block.address).error("declared twice");
    blocks.set(block.address, block);
  };
  for (const [type, entries] of members(document.provider, root)) {
    for (const body of asBlocks(entries, root)) add(providerBlock(name, type, body));
  }
  for (const kind of ["resource", "ephemeral"] as const) {
    for (const [type, named] of members(document[kind], root)) {
      for (const [id, body] of members(named, root)) add(managedBlock(name, kind, type, id, body));
    }
  }
  for (const kind of ["variable", "output"] as const) {
    for (const [id, body] of members(document[kind], root)) add(valueBlock(name, kind, id, body));
  }
  return {
    name,
    dependencies,
    blocks,
    imports: importsOf(name, document.import, blocks),
    removed: removedOf(name, document.removed, blocks),
  };
}

function importsOf(stack: string, value: Json | undefined, blocks: ReadonlyMap<string, Block>): Map<string, string> {
  const where = new Where(stack, "import");
  return new Map(
    asBlocks(value, where).map(({ to, id, ...rest }) => {
      if (typeof to !== "string" || typeof id !== "string" || Object.keys(rest).length > 0)
        throw where.error("expected `to`, an address, and `id`, a text");
      if (blocks.get(to)?.kind !== "resource") throw where.at(to).error("no resource of the stack has this address");
      return [to, id] as const;
    }),
  );
}

function removedOf(stack: string, value: Json | undefined, blocks: ReadonlyMap<string, Block>): Set<string> {
  const where = new Where(stack, "removed");
  return new Set(
    asBlocks(value, where).map(({ from, lifecycle, ...rest }) => {
      if (typeof from !== "string" || Object.keys(rest).length > 0)
        throw where.error("expected `from`, an address, and `lifecycle`");
      if (!isObject(lifecycle) || lifecycle.destroy !== false)
        throw where.at(from).error("only a block with `destroy = false` is known to the rehearsal");
      if (blocks.has(from)) throw where.at(from).error("a resource of the stack has this address still");
      return from;
    }),
  );
}

/** Each provider is rehearsed as one version; a program that pins another one would get promises about the wrong code. */
function checkVersions(required: Json | undefined, where: Where): void {
  for (const [provider, settings] of members(required, where)) {
    const known = Object.hasOwn(VERSIONS, provider) ? VERSIONS[provider] : undefined;
    if (known === undefined) throw where.at(provider).error("provider not known to the rehearsal");
    const version = isObject(settings) ? settings.version : settings;
    if (typeof version === "string" && /^\d+\.\d+\.\d+$/.test(version) && version !== known)
      throw where.at(provider).error(`rehearsed as ${known}, but the program pins ${version}`);
  }
}

function members(value: Json | undefined, where: Where): [string, Json][] {
  return asBlocks(value, where).flatMap((block) => Object.entries(block).filter(([key]) => key !== "//"));
}

function providerBlock(stack: string, type: string, body: JsonObject): Block {
  const { alias, ...rest } = withoutComment(body);
  const address = typeof alias === "string" ? `provider.${type}.${alias}` : `provider.${type}`;
  if (alias !== undefined && typeof alias !== "string") throw new Where(stack, address, "alias").error("expected text");
  return { kind: "provider", address, type, arguments: rest, dependsOn: [], lifecycle: NO_LIFECYCLE };
}

function managedBlock(stack: string, kind: "resource" | "ephemeral", type: string, id: string, body: Json): Block {
  const address = kind === "resource" ? `${type}.${id}` : `ephemeral.${type}.${id}`;
  const where = new Where(stack, address);
  const [only, second] = asBlocks(body, where);
  if (!only || second) throw where.error("expected one block");
  const { provider, depends_on, lifecycle, ...rest } = withoutComment(only);
  for (const meta of ["count", "for_each", "provisioner", "connection"]) {
    if (meta in rest) throw where.at(meta).error("not known to the rehearsal");
  }
  const local = type.split("_")[0] ?? type;
  let providerAddress = `provider.${local}`;
  if (provider !== undefined) {
    if (typeof provider !== "string") throw where.at("provider").error("expected a reference");
    providerAddress = `provider.${parseReference(provider, where.at("provider")).join(".")}`;
  }
  return {
    kind,
    address,
    type,
    arguments: rest,
    provider: providerAddress,
    dependsOn: references(depends_on, where.at("depends_on")),
    lifecycle: readLifecycle(lifecycle, where.at("lifecycle")),
  };
}

function readLifecycle(raw: Json | undefined, where: Where): Lifecycle {
  const [only] = asBlocks(raw, where);
  if (!only) return NO_LIFECYCLE;
  const { replace_triggered_by, create_before_destroy, prevent_destroy, ignore_changes, ...rest } = only;
  const unknown = Object.keys(rest)[0];
  if (unknown) throw where.at(unknown).error("not known to the rehearsal");
  const ignored = ignore_changes ?? [];
  if (ignored !== "all" && !Array.isArray(ignored)) throw where.at("ignore_changes").error("expected a list or all");
  return {
    replaceTriggeredBy: references(replace_triggered_by, where.at("replace_triggered_by")),
    createBeforeDestroy: create_before_destroy === true,
    preventDestroy: prevent_destroy === true,
    ignoreChanges: ignored === "all" ? "all" : ignored.map(String),
  };
}

function references(raw: Json | undefined, where: Where): Path[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw where.error("expected a list of references");
  return raw.map((entry, index) => {
    if (typeof entry !== "string") throw where.at(index).error("expected a reference");
    return parseReference(entry, where.at(index));
  });
}

const VALUE_ARGUMENTS = {
  variable: new Set(["default", "type", "description", "sensitive", "nullable"]),
  output: new Set(["value", "description", "sensitive", "depends_on"]),
};

function valueBlock(stack: string, kind: "variable" | "output", id: string, body: Json): Block {
  const address = kind === "variable" ? `var.${id}` : `output.${id}`;
  const where = new Where(stack, address);
  const [only, second] = asBlocks(body, where);
  if (!only || second) throw where.error("expected one block");
  const { depends_on, ...rest } = withoutComment(only);
  for (const key of Object.keys(rest)) {
    if (!VALUE_ARGUMENTS[kind].has(key)) throw where.at(key).error("not known to the rehearsal");
  }
  if (kind === "variable" && !("default" in rest))
    throw where.error("has no default: the rehearsal takes no variables");
  if (kind === "output" && !("value" in rest)) throw where.error("has no value");
  return {
    kind,
    address,
    type: kind,
    arguments: rest,
    dependsOn: references(depends_on, where.at("depends_on")),
    lifecycle: NO_LIFECYCLE,
  };
}

function withoutComment(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== "//"));
}

function inOrder(stacks: Stack[]): Stack[] {
  const byName = new Map(stacks.map((stack) => [stack.name, stack]));
  const done = new Set<string>();
  const ordered: Stack[] = [];
  const visit = (stack: Stack, path: string[]) => {
    if (done.has(stack.name)) return;
    const where = new Where(stack.name, "manifest", "dependencies");
    if (path.includes(stack.name))
      throw where.error(`stacks depend on each other: ${[...path, stack.name].join(" → ")}`);
    for (const name of stack.dependencies) {
      const dependency = byName.get(name);
      if (!dependency) throw where.error(`stack ${JSON.stringify(name)} does not exist`);
      visit(dependency, [...path, stack.name]);
    }
    done.add(stack.name);
    ordered.push(stack);
  };
  [...stacks].sort((a, b) => (a.name < b.name ? -1 : 1)).forEach((stack) => visit(stack, []));
  return ordered;
}
