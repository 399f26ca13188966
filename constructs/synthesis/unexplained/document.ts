import { mayHoldCode } from "../../../access/terraform/expression";
import type { UnclassifiedNode } from "../../../access/report/report";
import { body, members, record, runsCode } from "./json";

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
 * Top-level keys that are read here. Others are listed: a `check` asks a server, `removed` leaves what was made in place, and `moved`
 * gives one of ours what another object was.
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

/** What a stack's document holds. */
export interface DocumentParts {
  /** Every block with its address, in the order of the document; provider blocks of a type in the order in which cdktf writes them. */
  readonly blocks: readonly AddressedBlock[];
  /** What makes nothing: where the state is, and what is shown. */
  readonly beside: readonly Block[];
  /** What stands at the top level and is not known here. */
  readonly strange: Readonly<Record<string, unknown>>;
  /** Where the code of each provider that the stack requires comes from, by its local name. */
  readonly sources: ReadonlyMap<string, string>;
}

type AddressedBlock = readonly [address: string, block: Block];

/** Reads the blocks of a stack. Nothing is left out: what is not a block is strange. */
export function readDocument(document: Document): DocumentParts {
  const required = Object.fromEntries(members(record(document.terraform).required_providers));
  const imports = importsOf(document);
  const blocks = [...objectBlocks(document, imports), ...valueBlocks(document), ...providerBlocks(document, required)];
  const addresses = new Set(blocks.map(([address]) => address));
  return {
    blocks,
    beside: besideOf(document),
    // An address may be written in more ways than one. Of what is found at none, nobody has been told that it was taken over.
    strange: strangeOf(
      document,
      [...imports].filter(([to]) => !addresses.has(to)),
    ),
    sources: sourcesOf(required),
  };
}

/** From where each address is taken that an `import` block names. */
function importsOf(document: Document): ReadonlyMap<string, unknown> {
  return new Map(
    [document.import ?? []].flat().map((entry) => {
      const { to, ...from } = record(entry);
      return [String(to), from];
    }),
  );
}

/** What makes or reads objects: resources, data sources, ephemeral resources. */
function objectBlocks(document: Document, imports: ReadonlyMap<string, unknown>): AddressedBlock[] {
  return (["resource", "data", "ephemeral"] as const).flatMap((block) =>
    members(document[block]).flatMap(([type, named]) =>
      members(named).map(([name, said]): AddressedBlock => {
        const address = block === "resource" ? `${type}.${name}` : `${block}.${type}.${name}`;
        return [address, { block, type, name, body: body(said), imported: imports.get(address) }];
      }),
    ),
  );
}

/** What has no type of a provider: modules, variables, locals. */
function valueBlocks(document: Document): AddressedBlock[] {
  return [
    ...members(document.module).map(([name, said]): AddressedBlock => [
      `module.${name}`,
      { block: "module", type: sourceOf(said), name, body: body(said) },
    ]),
    ...members(document.variable).map(([name, said]): AddressedBlock => [
      `var.${name}`,
      { block: "variable", type: "", name, body: body(said) },
    ]),
    ...members(document.locals).map(([name, said]): AddressedBlock => [
      `local.${name}`,
      { block: "local", type: "", name, body: said },
    ]),
  ];
}

function providerBlocks(document: Document, required: Readonly<Record<string, unknown>>): AddressedBlock[] {
  return members(document.provider).flatMap(([type, several]) =>
    [several].flat().map((said): AddressedBlock => {
      const { alias, ...rest } = record(said);
      const name = typeof alias === "string" ? alias : "";
      // Whose code the provider is belongs to what the block says; which version of it is for the plan to show.
      const { source } = record(required[type]);
      return [
        `provider ${name ? `${type}.${name}` : type}`,
        { block: "provider", type, name, body: { ...rest, source } },
      ];
    }),
  );
}

function sourcesOf(required: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(required).map(([type, said]) => {
      const { source } = record(said);
      // In its short form an entry is the version alone.
      return [type, typeof source === "string" ? source : `hashicorp/${type}`];
    }),
  );
}

function besideOf(document: Document): Block[] {
  const { backend, cloud } = terraformOf(document);
  const states = [...members(backend), ...(cloud === undefined ? [] : [["cloud", cloud] as const])];
  return [
    ...states.map(([type, said]): Block => ({ block: "backend", type, name: "", body: said })),
    ...members(document.output)
      .filter(([name, said]) => isShown(name, said))
      .map(([name, said]): Block => ({ block: "output", type: "", name, body: body(said) })),
  ];
}

/** @param astray Imports to an address at which there is no block. */
function strangeOf(document: Document, astray: readonly unknown[]): Readonly<Record<string, unknown>> {
  // Of what is listed nowhere: what runs code of a provider.
  const runs = ["variable", "locals", "output"].flatMap((key) => {
    const some = members(document[key]).filter(([, said]) => runsCode(said));
    return some.length > 0 ? [[key, some] as const] : [];
  });
  const { settings } = terraformOf(document);
  return Object.fromEntries([
    ...Object.entries(document).filter(([key]) => !KNOWN.includes(key)),
    ...runs,
    ...(astray.length > 0 ? [["import", astray] as const] : []),
    ...(Object.keys(settings).length > 0 ? [["terraform", settings] as const] : []),
  ]);
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
