import { canonical, digestOf } from "../../../access/model/digest";
import { listsBy } from "../../../access/model/lists-by";
import { mayHoldCode } from "../../../access/terraform/expression";
import { renameInExpression, renameInTemplate } from "../../../access/terraform/rename";
import { bareAddress } from "../../../access/terraform/tokens";
import { WholeProject } from "./content";
import { chartOf, folderOf } from "./files";
import { type Block, type Document, readDocument } from "./document";
import { members, record } from "./json";
import { keepsValue } from "./kept";
import { filesNamedIn, filesReadBy, type Place } from "./named-files";

/** Blocks digested one within the other: a tenth of what fits on the stack of Node.js. */
const DEEPEST = 100;

/** A block is too far down to be digested within those that refer to it. */
class TooDeep extends Error {
  constructor(readonly block: Block) {
    super("digested by itself first");
  }
}

/** Terraform refuses circles; should there be one, its blocks are known by their kind alone. */
const circle = ({ block, type }: Block): string => digestOf([block, type, "circle"]);

/** The blocks of one stack, and their digests. */
export class Blocks {
  /** Every block in the order of the document; provider blocks of a type in the order in which cdktf writes them. */
  readonly list: Block[] = [];
  /** What makes nothing: where the state is, and what is shown. */
  readonly beside: readonly Block[];
  /** What stands at the top level and is not known here. */
  readonly strange: Readonly<Record<string, unknown>>;
  private readonly byAddress = new Map<string, Block>();
  private readonly byName = new Map<string, (readonly [type: string, address: string])[]>();
  private readonly digests = new Map<Block, string>();
  private readonly open = new Map<Block, unknown>();
  /** The blocks of each type by what they say. */
  private readonly sayings = new Map<string, ReadonlyMap<string, readonly Block[]>>();
  /** Where the code of each provider that the stack requires comes from, by its local name. */
  readonly sources: ReadonlyMap<string, string>;
  private readonly shown: unknown;
  private readonly place: Place;
  private shownElsewhere: unknown;
  /** How many blocks are being digested, each within the next. */
  private depth = 0;

  /**
   * @param folder where Terraform is run: paths are read from there
   * @param project shared by the stacks of a program
   */
  constructor(
    document: Document,
    private readonly folder?: string,
    private readonly project = new WholeProject(),
  ) {
    this.shown = document.output;
    this.place = {
      folder,
      locals: Object.fromEntries(members(document.locals)),
      variables: Object.fromEntries(members(document.variable)),
      project,
    };
    const read = readDocument(document);
    this.beside = read.beside;
    this.strange = read.strange;
    this.sources = read.sources;
    for (const [address, block] of read.blocks) this.add(address, block);
  }

  /** Whether what it says depends on files that were too many to read. Known when all digests are made. */
  get leavesFilesUnread(): boolean {
    return this.project.wasTooLargeFor(this.place);
  }

  private add(address: string, block: Block): void {
    this.list.push(block);
    this.byAddress.set(address, block);
    const [name, type] = [address.slice(address.lastIndexOf(".") + 1), address.split(".").slice(-2)[0]];
    const known = this.byName.get(name);
    if (known) known.push([type, address]);
    else this.byName.set(name, [[type, address]]);
  }

  /** What this stack shows to others, and who shows what to this one: cdktf hands values from stack to stack so. */
  get outputs(): string {
    return this.whole(() => digestOf(this.nameless(this.shown ?? null)));
  }
  readOutputs(outputs: unknown): void {
    this.shownElsewhere = outputs;
    this.digests.clear();
  }

  /** For whoever refers to this block, it says this much only: the rest would change with every grant. */
  sayOnly(block: Block, body: unknown): void {
    this.open.set(block, body);
  }

  /** SHA-256 of what a block says, whatever it and those that it refers to are called. */
  digest(block: Block): string {
    return this.whole(() => this.digestWithin(block));
  }

  /** Each block is digested within the one that refers to it. Of a chain that is too long for that, the far end comes first. */
  private whole<T>(make: () => T): T {
    if (this.depth > 0) return make();
    for (const waiting: Block[] = []; ;) {
      try {
        const [last] = waiting.slice(-1);
        if (last === undefined) return make();
        this.digestWithin(last);
        waiting.pop();
      } catch (error) {
        if (!(error instanceof TooDeep)) throw error;
        if (waiting.includes(error.block)) this.digests.set(error.block, circle(error.block));
        else waiting.push(error.block);
      }
    }
  }

  private digestWithin(block: Block): string {
    const known = this.digests.get(block);
    if (known !== undefined) return known;
    if (this.depth === DEEPEST) throw new TooDeep(block);
    this.depth += 1;
    this.digests.set(block, circle(block));
    try {
      const digest = this.digestOf(block, this.open.get(block) ?? block.body);
      this.digests.set(block, digest);
      return digest;
    } catch (error) {
      this.digests.delete(block);
      throw error;
    } finally {
      this.depth -= 1;
    }
  }

  /** The same for a part of what it says, and for what else is said beside it in terms of this stack's blocks. */
  digestOf({ block, type, imported }: Omit<Block, "body" | "name">, body: unknown, beside?: unknown): string {
    const further = this.furtherOf(block, type, record(body)).filter((found) => found !== undefined);
    return this.whole(() =>
      digestOf([block, type, this.nameless(this.withoutBareNames(body)), imported, this.nameless(beside), ...further]),
    );
  }

  /** What a block says that stands elsewhere: in another stack, or in files. */
  private furtherOf(block: Block["block"], type: string, said: Readonly<Record<string, unknown>>): unknown[] {
    if (block === "data" && type === "terraform_remote_state") return [this.shownElsewhere];
    const { source, chart, ...rest } = said;
    const named = (all: unknown): unknown => {
      const files = filesNamedIn(all, this.folder);
      return files.length === 0 ? undefined : files;
    };
    if (block === "module") return [folderOf(source, this.folder), named({ ...rest, chart })];
    return type === "helm_release" ? [chartOf(said, this.folder), named({ ...rest, source })] : [named(said)];
  }

  /** What a stack says over the heads of its blocks: they stand as keys, and by what they say in the end. */
  digestOfOverrides(overrides: Readonly<Record<string, unknown>>, strange: unknown): string {
    return this.whole(() => this.overridesDigest(overrides, strange));
  }

  private overridesDigest(overrides: Readonly<Record<string, unknown>>, strange: unknown): string {
    const { resource, data, ephemeral, ...rest } = overrides;
    const named = Object.entries({ resource, data, ephemeral }).flatMap(([block, types]) =>
      members(types).flatMap(([type, names]) =>
        members(names).map(([name, said]) => {
          const address = block === "resource" ? `${type}.${name}` : `${block}.${type}.${name}`;
          return canonical([block, type, this.rename(address) ?? name, this.nameless(said)]);
        }),
      ),
    );
    return this.digestOf({ block: "stack", type: "" }, [named.sort(), rest], strange);
  }

  /** Meta-arguments whose addresses are bare: Terraform knows from their place that they are not text. */
  private withoutBareNames(body: unknown): unknown {
    const { provider, providers, lifecycle, ...rest } = record(body);
    const { replace_triggered_by: triggers, ...cycle } = record(lifecycle);
    if (provider === undefined && providers === undefined && triggers === undefined) return body;
    return {
      ...rest,
      provider: this.provider(provider),
      providers: members(providers).map(([name, value]) => [name, this.provider(value)]),
      lifecycle: {
        ...cycle,
        triggers: [triggers ?? []].flat().map((to) => renameInExpression(String(to), this.rename)),
      },
    };
  }

  private nameless(value: unknown): unknown {
    if (typeof value === "string") return mayHoldCode(value) ? this.expression(value) : value;
    if (Array.isArray(value)) return value.map((entry) => this.nameless(entry));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [this.nameless(name), this.nameless(entry)]),
    );
  }

  /**
   * An expression by what it says in the end: addresses become digests of what stands there, and so do files that it reads. Of an
   * address that is written in another way (`resource.a.b`, `a . b`, behind a comment) the digest is put beside it: rather
   * one block too many than one too few.
   */
  private expression(text: string): unknown {
    const renamed = new Set<string>();
    const out = renameInTemplate(text, (address) => {
      const digest = this.rename(address);
      if (digest !== undefined) renamed.add(address);
      return digest;
    });
    const words = new Set(text.match(/[\p{L}_][\p{L}\p{N}_-]*/gu));
    const meant = [...words]
      .flatMap((word) => this.byName.get(word) ?? [])
      .filter(([type, address]) => words.has(type) && !renamed.has(address))
      .map(([, address]) => this.rename(address));
    const files = filesReadBy(text, this.place);
    return meant.length + files.length === 0 ? out : [out, meant.sort(), files];
  }

  private readonly rename = (address: string): string | undefined => {
    const block = this.byAddress.get(address);
    if (!block) return undefined;
    return this.isOneOfMany(block) ? `<${this.digestWithin(block)} ${block.name}>` : `<${this.digestWithin(block)}>`;
  };

  /** Whether what a block says does not tell which one it is: it keeps a value of its own, or another one says the very same. */
  private isOneOfMany(block: Block): boolean {
    if (keepsValue(block)) return true;
    if (block.block !== "resource" && block.block !== "ephemeral") return false;
    return (this.sayingsOf(block.block, block.type).get(canonical(block.body)) ?? []).length > 1;
  }

  private sayingsOf(kind: Block["block"], type: string): ReadonlyMap<string, readonly Block[]> {
    const key = `${kind} ${type}`;
    const same = (one: Block): boolean => one.block === kind && one.type === type;
    const sayings = this.sayings.get(key) ?? listsBy(this.list.filter(same), ({ body }) => canonical(body));
    this.sayings.set(key, sayings);
    return sayings;
  }

  private provider(reference: unknown): unknown {
    if (typeof reference !== "string") return reference;
    const known = this.rename(`provider ${bareAddress(reference)}`);
    if (known !== undefined) return known;
    // Written in a way that is not followed: then any of them could be meant.
    const all = this.list.filter(({ block }) => block === "provider");
    return [reference, all.map((block) => [block.type, block.name, this.digestWithin(block)])];
  }
}
