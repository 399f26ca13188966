/** A stack as it was synthesized: its name, and the document that Terraform reads. */
export interface SynthesizedStack {
  readonly name: string;
  readonly document: { readonly resource?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

/** An object that exists and that the state of its stack does not have. */
export interface Adoption {
  readonly stack: string;
  /** Terraform's address of the resource. */
  readonly address: string;
  /** By which the provider finds the object. */
  readonly id: string;
}

/** An address that an apply complained of, and that is not adopted, with the reason in words. */
export interface NotAdopted {
  readonly address: string;
  readonly reason: string;
}

type Block = Readonly<Record<string, unknown>>;

/** What Kubernetes, Helm, PostgreSQL and Vault say of a name that is taken. */
const TAKEN = /already exists|cannot re-use a name that is still in use|path is already in use|existing mount at/;

/** `with kubernetes_job_v1.migration_Resource_1A2B,`: how Terraform names the resource of an error. */
const WITH = /\bwith ([a-z][a-z0-9_]*\.[A-Za-z_][A-Za-z0-9_-]*)[,:]/g;

/** By which each kind is imported, as its provider documents it. */
const IDS: Readonly<Record<string, (block: Block) => string | undefined>> = {
  helm_release: (block) => joined(block.namespace, block.name),
  postgresql_role: ({ name }) => plain(name),
  postgresql_database: ({ name }) => plain(name),
  vault_auth_backend: ({ path, type }) => plain(path ?? type),
  vault_audit: ({ path, type }) => plain(path ?? type),
  vault_mount: ({ path }) => plain(path),
  vault_database_secrets_mount: ({ path }) => plain(path),
};

/** Kinds of Kubernetes that belong to no namespace. */
const CLUSTER_WIDE = /^kubernetes_(namespace|cluster_role|cluster_role_binding)(_v1)?$/;

/**
 * What an apply found in its way because an earlier one that was stopped had made it, by what the apply said.
 *
 * Nothing is asked of servers: what Terraform complained of exists. Names are read from the synthesized stacks.
 */
export function adoptionsOf(
  log: string,
  stacks: readonly SynthesizedStack[],
): { readonly adopted: readonly Adoption[]; readonly not: readonly NotAdopted[] } {
  const adopted = new Map<string, Adoption>();
  const not = new Map<string, NotAdopted>();
  for (const address of takenAddresses(log)) {
    const [type, name] = address.split(".");
    const holders = stacks.flatMap(({ name: stack, document }) => {
      const block = blockOf(document.resource?.[type]?.[name]);
      return block ? [{ stack, block }] : [];
    });
    if (holders.length !== 1) {
      const where = holders.length === 0 ? "no stack has" : `${holders.map(({ stack }) => stack).join(" and ")} have`;
      not.set(address, { address, reason: `${where} it: synthesize the program that was applied` });
      continue;
    }
    const [{ stack, block }] = holders;
    const id = idOf(type, block);
    if (id === undefined) not.set(address, { address, reason: "its id is not known here: import it by hand" });
    else adopted.set(address, { stack, address, id });
  }
  return { adopted: [...adopted.values()], not: [...not.values()] };
}

/** The addresses of errors that say that something exists. */
function takenAddresses(log: string): string[] {
  // Frames and colours of Terraform, and the stack's name with which cdktf begins each line.
  // eslint-disable-next-line no-control-regex
  const text = log.replace(/\u001b\[[0-9;]*m/g, "").replace(/^.*?[│╷╵]/gm, "");
  return text
    .split(/\bError: /)
    .slice(1)
    .filter((error) => TAKEN.test(error))
    .flatMap((error) => [...error.matchAll(WITH)].slice(0, 1).map(([, address]) => address));
}

/** Terraform JSON allows a block to stand in a list. */
function blockOf(value: unknown): Block | undefined {
  const block: unknown = Array.isArray(value) ? value[0] : value;
  return typeof block === "object" && block !== null ? (block as Block) : undefined;
}

function idOf(type: string, block: Block): string | undefined {
  if (Object.hasOwn(IDS, type)) return IDS[type](block);
  if (!type.startsWith("kubernetes_")) return undefined;
  const metadata = blockOf(block.metadata);
  return CLUSTER_WIDE.test(type) ? plain(metadata?.name) : joined(metadata?.namespace, metadata?.name);
}

function joined(namespace: unknown, name: unknown): string | undefined {
  const parts = [plain(namespace), plain(name)];
  return parts.includes(undefined) ? undefined : parts.join("/");
}

/** A text whose value is known before Terraform runs. */
function plain(value: unknown): string | undefined {
  return typeof value === "string" && !/(?<!\$)\$\{|(?<!%)%\{/.test(value) ? value : undefined;
}

/** The file with which Terraform takes the objects of one stack into its state, at the next apply. */
export function adoptionFile(adoptions: readonly Adoption[]): string {
  const blocks = adoptions.map(({ address, id }) => ({ to: address, id }));
  return `${JSON.stringify({ import: blocks }, undefined, 2)}\n`;
}
