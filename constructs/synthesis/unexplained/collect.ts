import {
  DefaultTokenResolver,
  StringConcat,
  TerraformDataSource,
  TerraformElement,
  TerraformProvider,
  TerraformResource,
  TerraformStack,
  Tokenization,
} from "cdktf";
import { IConstruct } from "constructs";
import type { NotJudged, UnclassifiedNode } from "../../../access/report/report";
import { join } from "node:path";
import { isMarked } from "../../private/guards";
import { elementTypeOf, overridesOf } from "../../private/cdktf/internals";
import { Origin, elementsOfOurs, originOf, overridesAreOurs, ProgramFacts } from "../../private/origin";
import { Block, Blocks, Document } from "./blocks";
import { body, canonical, record } from "./json";
import { bearsOnAccess, impliedProviders, providersOf } from "./judge";
import { writesPlainly } from "./plainly";

/** Everything of a program that the access graph does not explain. */
export interface Rest {
  readonly unclassified: readonly UnclassifiedNode[];
  readonly notJudged: readonly NotJudged[];
}

/** A stack as it is or will be written. */
export interface StackFiles {
  /** Its Terraform JSON. */
  readonly document: Document;
  /** Whether that is what the stack says: no synthesizer and no other construct has changed it. */
  readonly asSaid: boolean;
  /** Where Terraform is run. */
  readonly folder?: string;
  /** Digests of further files there that Terraform reads, by name. */
  readonly beside: Readonly<Record<string, string>>;
}

export function collectRest(root: IConstruct, filesOf: (stack: TerraformStack) => StackFiles): Rest {
  const all = root.node.findAll();
  const facts: ProgramFacts = { vaultServers: all.filter((child) => isMarked(child, "VaultServer")).length };
  const unclassified: UnclassifiedNode[] = [];
  const counts = new Map<string, number>();
  const missing = new Map<TerraformStack, TerraformElement[]>();
  const present = new Set<IConstruct>(all);
  for (const element of elementsOfOurs(root)) {
    if (present.has(element)) continue;
    const stack = TerraformStack.of(element);
    missing.set(stack, [...(missing.get(stack) ?? []), element]);
  }
  const stacks = all.filter((child): child is TerraformStack => TerraformStack.isStack(child));
  const readers = stacks.map((stack) => [stack, new StackReader(stack, filesOf(stack), facts)] as const);
  const outputs = readers.map(([, { outputs }]) => outputs).sort();
  for (const [, reader] of readers) reader.readOutputs(outputs);
  const vaults = new Set(readers.flatMap(([, { vault }]) => vault ?? []));
  for (const [stack, reader] of readers) {
    reader.severalVaults = vaults.size > 1;
    unclassified.push(...reader.read(missing.get(stack) ?? []));
    for (const block of reader.uncounted) {
      const [provider] = providersOf(block);
      counts.set(provider, (counts.get(provider) ?? 0) + 1);
    }
  }
  return { unclassified, notJudged: [...counts].map(([provider, count]) => ({ provider, count })) };
}

/** The elements of a stack in the order in which cdktf writes them, those of a stack inside of it left out. */
function elementsOf(scope: IConstruct, into: TerraformElement[] = []): TerraformElement[] {
  if (TerraformElement.isTerraformElement(scope)) into.push(scope);
  for (const child of scope.node.children) if (!TerraformStack.isStack(child)) elementsOf(child, into);
  return into;
}

type Named = Pick<Block, "block" | "type" | "name">;

/** Kind, type and name of the block that an element makes; of a provider block, whose name may be absent, its number. */
function keyOf(element: TerraformElement, numbers: Map<string, number>): Named | undefined {
  const { friendlyUniqueId: name } = element;
  if (TerraformResource.isTerraformResource(element))
    return { block: "resource", type: element.terraformResourceType, name };
  if (TerraformDataSource.isTerraformDataSource(element))
    return { block: "data", type: element.terraformResourceType, name };
  if (TerraformProvider.isTerraformProvider(element)) {
    const type = element.terraformResourceType;
    const number = numbers.get(type) ?? 0;
    numbers.set(type, number + 1);
    return { block: "provider", type, name: String(number) };
  }
  const [kind, type] = elementTypeOf(element).split(".");
  if (kind === "module") return { block: "module", type: "", name };
  return kind === "ephemeral" && type ? { block: "ephemeral", type, name } : undefined;
}

const idOf = ({ block, type, name }: Named): string => JSON.stringify([block, block === "module" ? "" : type, name]);

/** One stack: what it says, and who said it. */
class StackReader {
  /** Blocks that nothing is said about. */
  readonly uncounted: Block[] = [];
  /** Whether the program has more than one Vault: then it is not plain in which of them an identity may log in. */
  severalVaults = false;
  private readonly blocks: Blocks;
  private readonly beside: Readonly<Record<string, string>>;
  private readonly makers = new Map<string, TerraformElement[]>();
  /** Whether each block is what its one element makes, and nothing else has a hand in it. */
  private readonly plainly: boolean;

  constructor(
    private readonly stack: TerraformStack,
    { document, folder, beside, asSaid }: StackFiles,
    private readonly facts: ProgramFacts,
  ) {
    this.blocks = new Blocks(document, folder);
    this.beside = beside;
    const elements = elementsOf(stack);
    this.plainly = asSaid && writesPlainly(stack, elements);
    const numbers = new Map<string, number>();
    for (const element of elements) {
      const named = keyOf(element, numbers);
      if (!named) continue;
      this.makers.set(idOf(named), [...(this.makers.get(idOf(named)) ?? []), element]);
    }
    for (const block of this.blocks.list) {
      const openness = this.makers.get(idOf(block))?.map(originOf)[0]?.openness;
      if (openness?.kind === "setting" && openness.explained.length > 0)
        this.blocks.sayOnly(block, without(block.body, openness.explained));
    }
  }

  /** A digest of what it shows to other stacks. */
  get outputs(): string {
    return this.blocks.outputs;
  }

  /** A digest of the Vault that its blocks are for, unless they name another. */
  get vault(): string | undefined {
    const provider = this.blocks.list.find(
      ({ block, type, name }) => block === "provider" && type === "vault" && !name,
    );
    return provider && this.blocks.digest(provider);
  }

  /** @param outputs digests of what the stacks of the program show to each other */
  readOutputs(outputs: readonly string[]): void {
    this.blocks.readOutputs(outputs);
  }

  /** Everything of it that is to be listed. @param missing what Leasehold made and somebody took out of the tree */
  read(missing: readonly TerraformElement[]): UnclassifiedNode[] {
    const found = new Set<TerraformElement>();
    const nodes: (UnclassifiedNode | undefined)[] = [];
    const numbers = new Map<string, number>();
    for (const block of this.blocks.list) {
      if (block.block === "variable" || block.block === "local") continue;
      const number = numbers.get(block.type) ?? 0;
      if (block.block === "provider") numbers.set(block.type, number + 1);
      const makers =
        this.makers.get(idOf(block.block === "provider" ? { ...block, name: String(number) } : block)) ?? [];
      for (const maker of makers) found.add(maker);
      if (makers.length === 0) nodes.push(this.raw(block, this.stack));
      for (const maker of makers) nodes.push(this.judge(block, maker, makers.length > 1));
    }
    for (const element of [...missing, ...[...this.makers.values()].flat()])
      if (!found.has(element)) nodes.push(this.absent(element));
    nodes.push(...this.implied(), ...this.besides(), this.overrides());
    return nodes.filter((node): node is UnclassifiedNode => node !== undefined);
  }

  private judge(block: Block, element: TerraformElement, shared: boolean): UnclassifiedNode | undefined {
    const origin = originOf(element);
    if (!origin) return this.raw(block, element);
    const untouched = this.plainly && !shared && block.imported === undefined && origin.untouched();
    const node = (reason: UnclassifiedNode["reason"], digest: string): UnclassifiedNode => ({
      ...this.place(element, origin),
      ...this.named(block),
      reason,
      digest,
    });
    const { openness } = origin;
    const beside =
      openness.kind === "setting"
        ? openness.shared()
        : openness.kind === "partly"
          ? openness.open(this.facts)
          : undefined;
    const said = withoutNothing(this.resolved(beside));
    if (!untouched && !this.saysAsExpected(block, origin))
      return node("overridden", this.blocks.digestOf(block, block.body, said));
    if (openness.kind === "explained") {
      const isRole = /^vault_(kubernetes|jwt)_auth_backend_role$/.test(block.type);
      const whose = this.severalVaults && isRole ? this.vault : undefined;
      return whose === undefined ? undefined : node("setting", this.blocks.digestOf(block, undefined, whose));
    }
    if (openness.kind === "setting")
      return node("setting", this.blocks.digestOf(block, without(block.body, openness.explained), said));
    return said === undefined ? undefined : node("setting", this.blocks.digestOf(block, undefined, said));
  }

  private raw(block: Block, by: IConstruct): UnclassifiedNode | undefined {
    if (bearsOnAccess(block, this.sourceOf))
      return {
        path: by.node.path,
        ...this.named(block),
        reason: "raw",
        digest: this.blocks.digestOf(block, block.body),
      };
    if (block.block !== "provider") this.uncounted.push(block);
    return undefined;
  }

  private readonly sourceOf = (provider: string): string | undefined => this.blocks.sources.get(provider);

  /** Providers without a block: nobody wrote them, and their code runs all the same. */
  private implied(): UnclassifiedNode[] {
    return impliedProviders(this.blocks.list, this.blocks.sources, this.sourceOf).map((type) => {
      const provider = { block: "provider", type, name: "" } as const;
      const digest = this.blocks.digestOf(provider, { implied: true, source: this.sourceOf(type) });
      return { path: this.stack.node.path, ...this.named(provider), reason: "raw", digest };
    });
  }

  /** Where the state is, and what is shown: whoever sees either sees what stands in it. */
  private besides(): UnclassifiedNode[] {
    const { id, path } = this.stack.node;
    return this.blocks.beside
      .filter(({ block, type, body: said }) => block !== "backend" || type !== "local" || !isUsual(record(said), id))
      .map((block) => ({
        path,
        ...this.named(block),
        reason: "setting",
        digest: this.blocks.digestOf(block, block.block === "backend" ? withoutOwnName(block.body, id) : block.body),
      }));
  }

  /** What Leasehold made and what is not written: taken out of the tree, or moved away. */
  private absent(element: TerraformElement): UnclassifiedNode | undefined {
    const origin = originOf(element);
    const found = keyOf(element, new Map());
    if (!origin || !found) return undefined;
    const named = found.block === "provider" ? { ...found, name: "" } : found;
    const digest = this.blocks.digestOf(named, "absent");
    return { ...this.place(element, origin), ...this.named(named), reason: "overridden", digest };
  }

  /** What is said over the heads of all constructs, and in files beside those that cdktf writes. */
  private overrides(): UnclassifiedNode | undefined {
    const files = Object.keys(this.beside).length === 0 ? {} : { "files beside": this.beside };
    const strange = { ...this.blocks.strange, ...files };
    const overrides = overridesAreOurs(this.stack) ? {} : overridesOf(this.stack);
    if (Object.keys(overrides).length === 0 && Object.keys(strange).length === 0) return undefined;
    const stack = { block: "stack", type: "", name: "" } as const;
    const digest = this.blocks.digestOfOverrides(record(this.resolved(overrides)), strange);
    return { path: this.stack.node.path, ...this.named(stack), reason: "raw", digest };
  }

  private named({ block, type, name }: Named): Pick<UnclassifiedNode, "stack" | "block" | "type" | "name"> {
    return { stack: this.stack.node.id, block: block as UnclassifiedNode["block"], type, name };
  }

  /** Where it was made: by its own line, or by that of the statement in the graph that it belongs to. */
  private place(element: TerraformElement, origin: Origin): Pick<UnclassifiedNode, "path" | "source"> {
    const source = origin.source ?? sourceOf(element);
    return { path: element.node.path, ...(source !== undefined && { source }) };
  }

  private saysAsExpected(block: Block, origin: Origin): boolean {
    if (block.imported !== undefined) return false;
    // As cdktf does it: each element is resolved, and then the stack of them once more.
    const expected = new Blocks(record(this.resolved(this.resolved(origin.expected()))));
    const [only] = expected.list;
    if (expected.list.length !== 1 || only.block !== block.block || only.type !== block.type) return false;
    return canonical(withoutSource(block, only)) === canonical(withoutSource(block, block));
  }

  private resolved(value: unknown): unknown {
    const resolver = new DefaultTokenResolver(new StringConcat());
    const resolved: unknown = Tokenization.resolve(value, { scope: this.stack, preparing: false, resolver });
    return resolved === undefined ? undefined : JSON.parse(JSON.stringify(resolved));
  }
}

/** cdktf writes a provider's source where all of its kind share it: one element does not speak for it. */
function withoutSource({ block }: Block, said: Block): unknown {
  if (block !== "provider") return body(said.body);
  const { source: _source, ...rest } = record(said.body);
  return [said.name, rest];
}

/** A body without the arguments at these paths. */
function without(said: unknown, paths: readonly (readonly (string | number)[])[]): unknown {
  return paths.reduce<unknown>((rest, [head, ...tail]) => {
    if (head === undefined || typeof rest !== "object" || rest === null) return rest;
    const entries = Object.entries(rest).flatMap(([key, value]) =>
      key !== String(head) ? [[key, value]] : tail.length === 0 ? [] : [[key, without(value, [tail])]],
    );
    return Object.fromEntries(entries) as unknown;
  }, said);
}

/** Where the state is when nobody says it: beside the program, as cdktf and `StateBackend.local` write it, wherever that stands. */
function isUsual({ path, ...others }: Readonly<Record<string, unknown>>, stack: string): boolean {
  const file = `terraform.${stack}.tfstate`;
  return Object.keys(others).length === 0 && [join(process.cwd(), file), `../../../${file}`].includes(String(path));
}

/** A place of the state without the stack's own name at its end: for a stack of another name it is the same place. */
function withoutOwnName(said: unknown, stack: string): unknown {
  if (typeof said === "string") {
    const end = [`${stack}.tfstate`, `/${stack}`, `-${stack}`].find((one) => said.endsWith(one));
    return end === undefined ? said : [said.slice(0, -end.length)];
  }
  if (typeof said !== "object" || said === null) return said;
  if (Array.isArray(said)) return said.map((entry) => withoutOwnName(entry, stack));
  return Object.fromEntries(Object.entries(said).map(([key, value]) => [key, withoutOwnName(value, stack)]));
}

/** A value without fields that are undefined, empty lists or empty objects; undefined when nothing is left. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, entry]) => [key, withoutNothing(entry)] as const)
    .filter(([, entry]) => entry !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The line of the graph's node that an element belongs to. */
function sourceOf(element: TerraformElement): string | undefined {
  for (const scope of [...element.node.scopes].reverse()) {
    const { _graphNode } = scope as {
      _graphNode?(): { readonly source?: string } | readonly { readonly source?: string }[];
    };
    if (!_graphNode) continue;
    return [_graphNode.call(scope)].flat()[0]?.source;
  }
  return undefined;
}
