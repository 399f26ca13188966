import { DefaultTokenResolver, StringConcat, TerraformElement, TerraformStack, Tokenization } from "cdktf";
import { IConstruct } from "constructs";
import { canonical } from "../../../access/model/digest";
import type { UnclassifiedNode } from "../../../access/report/report";
import { overridesOf } from "../../private/cdktf/internals";
import { Origin, originOf, overridesAreOurs, ProgramFacts } from "../../private/origin";
import { Blocks } from "./blocks";
import type { Block, Document } from "./document";
import type { WholeProject } from "./content";
import { record } from "./json";
import { bearsOnAccess, impliedProviders } from "./judge";
import { BlockKey, elementsOf, idOf, keyOf, makersOf, sourceOf } from "./makers";
import { writesPlainly } from "./plainly";
import { isUsual, withoutOwnName } from "./state-place";
import { without, withoutNothing, withoutSource } from "./without";

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

/** One stack: its blocks, the elements that make them, and what of them the access graph does not explain. */
export class StackReader {
  /** Blocks that cannot change access: they are counted, and not listed. Known after `read`. */
  readonly notJudged: Block[] = [];
  private severalVaults = false;
  private readonly blocks: Blocks;
  private readonly beside: Readonly<Record<string, string>>;
  private readonly makers: ReadonlyMap<string, readonly TerraformElement[]>;
  /** Whether each block is what its one element makes, and nothing else has a hand in it. */
  private readonly plainly: boolean;

  constructor(
    readonly stack: TerraformStack,
    { document, folder, beside, asSaid }: StackFiles,
    private readonly facts: ProgramFacts,
    project: WholeProject,
  ) {
    this.blocks = new Blocks(document, folder, project);
    this.beside = beside;
    const elements = elementsOf(stack);
    this.plainly = asSaid && writesPlainly(stack, elements);
    this.makers = makersOf(elements);
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

  /**
   * Everything of it that is to be listed.
   *
   * @param missing what Leasehold made and somebody took out of the tree
   * @param severalVaults whether the program has more than one Vault: then the graph does not say in which of them an identity may log in
   */
  read(missing: readonly TerraformElement[], severalVaults: boolean): UnclassifiedNode[] {
    this.severalVaults = severalVaults;
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
    nodes.push(...this.implied(), ...this.besides(), this.overrides(), this.unread());
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
    if (block.block !== "provider") this.notJudged.push(block);
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

  /** Files that were too many to read: a comparison must not take them for the same. */
  private unread(): UnclassifiedNode | undefined {
    if (!this.blocks.leavesFilesUnread) return undefined;
    const stack = { block: "stack", type: "", name: "" } as const;
    const digest = this.blocks.digestOf(stack, "files not read");
    return { path: this.stack.node.path, ...this.named(stack), reason: "unread", digest };
  }

  private named({ block, type, name }: BlockKey): Pick<UnclassifiedNode, "stack" | "block" | "type" | "name"> {
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
