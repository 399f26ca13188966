import { mayHoldCode } from "../../../access/terraform/expression";
import { renameInExpression, renameInTemplate } from "../../../access/terraform/rename";
import { bareAddress } from "../../../access/terraform/tokens";
import type { UnclassifiedNode } from "../../../access/report/report";
import { WholeProject } from "./content";
import { chartOf, folderOf } from "./files";
import { body, canonical, members, record, runsCode, sha256 } from "./json";
import { keepsValue } from "./kept";
import { filesNamedIn, filesReadBy, type Place } from "./named-files";

/** Terraform JSON of a stack. */
export type Document = Readonly<Record<string, unknown>>;

/** A block of Terraform JSON. Variables and locals are read for what refers to them; they are listed nowhere. */
export interface Block {
  readonly block: UnclassifiedNode["block"] | "variable" | "local";
  readonly type: string;
  /** Terraform's name; of a provider block its alias. */
  readonly name: string;
  /** Its arguments, without comments and without `depends_on`: order grants nothing. */
  readonly body: unknown;
  /** From where an `import` block takes it. */
  readonly imported?: unknown;
}

/**
 * Top-level keys that are read here. Others are
 * listed: a `check` asks a server, `removed` leaves what was made in place, and `moved` gives one of ours what another object was.
 */
const KNOWN = [
  "//",
  "terraform",
  "provider",
  "resource",
  "data",
  "ephemeral",
  "module",
  "variable",
  "locals",
  "output",
  "import",
];

/** The blocks of one stack, and their digests. */
export class Blocks {
  /** Every block in the order of the document; provider blocks of a type in the order in which cdktf writes them. */
  readonly list: Block[] = [];
  /** What makes nothing: where the state is, and what is shown. */
  readonly beside: Block[] = [];
  /** What stands at the top level and is not known here. */
  readonly strange: Readonly<Record<string, unknown>>;
  private readonly byAddress = new Map<string, Block>();
  private readonly byName = new Map<string, (readonly [type: string, address: string])[]>();
  private readonly digests = new Map<Block, string>();
  private readonly open = new Map<Block, unknown>();
  /** The blocks of each type. */
  private readonly sayings = new Map<string, readonly Block[]>();
  /** Where the code of each provider that the stack requires comes from, by its local name. */
  readonly sources = new Map<string, string>();
  private readonly shown: unknown;
  private readonly place: Place;
  private shownElsewhere: unknown;

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
    const imports = new Map(
      [document.import ?? []].flat().map((entry) => {
        const { to, ...from } = record(entry);
        return [String(to), from];
      }),
    );
    for (const block of ["resource", "data", "ephemeral"] as const)
      for (const [type, named] of members(document[block]))
        for (const [name, said] of members(named)) {
          const address = block === "resource" ? `${type}.${name}` : `${block}.${type}.${name}`;
          this.add(address, { block, type, name, body: body(said), imported: imports.get(address) });
        }
    for (const [name, said] of members(document.module)) {
      this.add(`module.${name}`, { block: "module", type: sourceOf(said), name, body: body(said) });
    }
    for (const [name, said] of members(document.variable))
      this.add(`var.${name}`, { block: "variable", type: "", name, body: body(said) });
    for (const [name, said] of members(document.locals))
      this.add(`local.${name}`, { block: "local", type: "", name, body: said });
    const required = Object.fromEntries(members(record(document.terraform).required_providers));
    for (const [type, said] of Object.entries(required)) {
      const { source } = record(said);
      // In its short form an entry is the version alone.
      this.sources.set(type, typeof source === "string" ? source : `hashicorp/${type}`);
    }
    for (const [type, several] of members(document.provider))
      for (const said of [several].flat()) {
        const { alias, ...rest } = record(said);
        const name = typeof alias === "string" ? alias : "";
        // Whose code the provider is belongs to what the block says; which version of it is for the plan to show.
        const { source } = record(required[type]);
        this.add(`provider ${name ? `${type}.${name}` : type}`, {
          block: "provider",
          type,
          name,
          body: { ...rest, source },
        });
      }
    // An address may be written in more ways than one. Of what is found at none, nobody has been told that it was taken over.
    const astray = [...imports].filter(([to]) => !this.byAddress.has(to));
    // Of what is listed nowhere: what runs code of a provider.
    const strange = ["variable", "locals", "output"].flatMap((key) => {
      const some = members(document[key]).filter(([, said]) => runsCode(said));
      return some.length > 0 ? [[key, some]] : [];
    });
    const { backend, cloud, settings } = terraformOf(document);
    for (const [type, said] of [...members(backend), ...(cloud === undefined ? [] : [["cloud", cloud] as const])])
      this.beside.push({ block: "backend", type, name: "", body: said });
    for (const [name, said] of members(document.output))
      if (isShown(name, said)) this.beside.push({ block: "output", type: "", name, body: body(said) });
    this.strange = Object.fromEntries([
      ...Object.entries(document).filter(([key]) => !KNOWN.includes(key)),
      ...strange,
      ...(astray.length > 0 ? [["import", astray]] : []),
      ...(Object.keys(settings).length > 0 ? [["terraform", settings]] : []),
    ]) as Record<string, unknown>;
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
    return sha256(this.nameless(this.shown ?? null));
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
    const known = this.digests.get(block);
    if (known !== undefined) return known;
    // Terraform refuses circles; should there be one, its blocks are known by their kind alone.
    this.digests.set(block, sha256([block.block, block.type, "circle"]));
    const digest = this.digestOf(block, this.open.get(block) ?? block.body);
    this.digests.set(block, digest);
    return digest;
  }

  /** The same for a part of what it says, and for what else is said beside it in terms of this stack's blocks. */
  digestOf({ block, type, imported }: Omit<Block, "body" | "name">, body: unknown, beside?: unknown): string {
    const further = this.furtherOf(block, type, record(body)).filter((found) => found !== undefined);
    return sha256([
      block,
      type,
      this.nameless(this.withoutBareNames(body)),
      imported,
      this.nameless(beside),
      ...further,
    ]);
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
    return this.isOneOfMany(block) ? `<${this.digest(block)} ${block.name}>` : `<${this.digest(block)}>`;
  };

  /** Whether what a block says does not tell which one it is: it keeps a value of its own, or another one says the very same. */
  private isOneOfMany(block: Block): boolean {
    if (keepsValue(block)) return true;
    if (block.block !== "resource" && block.block !== "ephemeral") return false;
    const of = JSON.stringify([block.block, block.type]);
    const known = this.sayings.get(of) ?? this.list.filter((one) => JSON.stringify([one.block, one.type]) === of);
    this.sayings.set(of, known);
    return known.some((other) => other !== block && canonical(other.body) === canonical(block.body));
  }

  private provider(reference: unknown): unknown {
    if (typeof reference !== "string") return reference;
    const known = this.rename(`provider ${bareAddress(reference)}`);
    if (known !== undefined) return known;
    // Written in a way that is not followed: then any of them could be meant.
    const all = this.list.filter(({ block }) => block === "provider");
    return [reference, all.map((block) => [block.type, block.name, this.digest(block)])];
  }
}

/** Settings of Terraform itself, but for its version and the sources of providers, which are told by each provider. */
function terraformOf(document: Document): {
  readonly backend?: unknown;
  readonly cloud?: unknown;
  readonly settings: Readonly<Record<string, unknown>>;
} {
  const {
    backend,
    cloud,
    required_providers: _providers,
    required_version: _version,
    ...settings
  } = body(document.terraform ?? {}) as Record<string, unknown>;
  return { backend, cloud, settings };
}

/**
 * Whether an output shows something to whoever sees the plan, the log or the state. What Terraform takes for a secret it refuses
 * to show; what a data source or a server answered it may show, and only its reader knows what that is. Those by which cdktf hands
 * values from stack to stack are part of what their readers say.
 */
function isShown(name: string, said: unknown): boolean {
  const { sensitive, value } = record(said);
  if (name.startsWith("cross-stack-output-") && sensitive === true) return false;
  return mayHoldCode(JSON.stringify(value ?? said));
}

/** A module's source as it may be shown: a URL can hold a password or a key, and a path the name of a machine's user. */
function sourceOf(module: unknown): string {
  const { source } = record(module);
  if (typeof source !== "string") return "";
  const shown = source.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/g, "//");
  return /^([/~\\]|[A-Za-z]:\\)/.test(shown) ? (shown.split(/[/\\]/).pop() ?? "") : shown;
}
