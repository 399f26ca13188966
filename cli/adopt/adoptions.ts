import { referenceOf } from "../../access/terraform/expression";
import { isComputed } from "../../access/terraform/json";

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

/** A grant that the state has and that can no longer be taken away: what it was on is gone, or has another name. */
export interface Release {
  readonly stack: string;
  readonly address: string;
  /** By which the provider names it. */
  readonly id: string;
}

type Block = Readonly<Record<string, unknown>>;

/** What Kubernetes, Helm, PostgreSQL and Vault say of a name that is taken. */
const TAKEN = /already exists|cannot re-use a name that is still in use|path is already in use|existing mount at/;

/** What Helm says of a release whose install or upgrade was killed. */
const PENDING = /another operation \(install\/upgrade\/rollback\) is in progress/;

/** `with kubernetes_job_v1.migration_1A2B,`: how Terraform names the resource of an error; cdktf writes ` (migration/Resource)` behind it. */
const WITH = /\bwith ([a-z][a-z0-9_]*\.[A-Za-z_][A-Za-z0-9_-]*)(?: \([^\n]*?\))?[,:]/g;

/** How the postgresql provider says that what a grant was on is not there: the object, or its schema. */
const GONE =
  /could not execute revoke query: pq: (?:relation|function|procedure|routine|type|schema) "?(.+?)"? does not exist|could not find schema '(.+?)' while looking for owner/;

/** `access  postgresql_grant.x: Destroying... [id=…]`, and how it ends. The name of the stack is cdktf's. */
const DESTROYING =
  /^(?:(\S+) +)?(postgresql_(?:grant|default_privileges)\.[\w-]+)(?: \(.*?\))?: Destroying\.\.\. \[id=(.*)\]\s*$/gm;
const DESTROYED = /(postgresql_(?:grant|default_privileges)\.[\w-]+)(?: \(.*?\))?: Destruction complete/g;

/** By which each kind is imported, as its provider documents it. */
const IDS: Readonly<Record<string, (block: Block) => string | undefined>> = {
  helm_release: (block) => joined(block.namespace, block.name),
  postgresql_role: ({ name }) => plain(name),
  postgresql_database: ({ name }) => plain(name),
  // Seen with provider 1.26.0, whose page does not say it: `shop.lease.issue(text,text)`.
  postgresql_function: ({ database, schema, name, arg }) => {
    const types = Array.isArray(arg) ? arg.map((one) => plain(blockOf(one)?.type)) : [];
    const parts = [plain(database), plain(schema), plain(name)];
    return [...parts, ...types].includes(undefined) ? undefined : `${parts.join(".")}(${types.join(",")})`;
  },
  vault_auth_backend: ({ path, type }) => plain(path ?? type),
  vault_jwt_auth_backend: ({ path }) => plain(path ?? "jwt"),
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
  for (const address of addressesOf(log, PENDING)) {
    const [type, name] = address.split(".");
    const blocks = stacks.map(({ document }) => blockOf(document.resource?.[type]?.[name]));
    const [block, another] = blocks.filter((one) => one !== undefined);
    not.set(address, { address, reason: pendingReason(another ? undefined : block) });
  }
  for (const address of addressesOf(log, TAKEN)) {
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
    const { document } = stacks.find(({ name: one }) => one === stack) ?? {};
    const id = idOf(type, withNames(block, document?.resource ?? {}));
    if (wouldBeMadeAnew(type, block))
      not.set(address, {
        address,
        reason:
          'the provider reads its type back as "kv", and the apply would make the mount anew, without what is in it: import it by hand, with `lifecycle { ignore_changes = [type, options] }`',
      });
    else if (id === undefined) not.set(address, { address, reason: "its id is not known here: import it by hand" });
    else adopted.set(address, { stack, address, id });
  }
  return { adopted: [...adopted.values()], not: [...not.values()] };
}

/**
 * Grants on something that was renamed or dropped before them: an apply cannot take them away, and stops. Terraform
 * names no resource in such an error. So these are the grants that it began to destroy and did not finish, and that are
 * on the object in the error.
 */
export function releasesOf(
  log: string,
  stacks: readonly SynthesizedStack[],
): { readonly released: readonly Release[]; readonly not: readonly NotAdopted[] } {
  const lines = plainLog(log);
  const gone = errorsOf(log).flatMap((error) => {
    const [, object, schema] = GONE.exec(error) ?? [];
    return object ?? schema ?? [];
  });
  const ended = new Set([...lines.matchAll(DESTROYED)].map(([, address]) => address));
  const released = new Map<string, Release>();
  const not = new Map<string, NotAdopted>();
  for (const [, prefix, address, id] of lines.matchAll(DESTROYING)) {
    if (ended.has(address) || !gone.some((object) => isOn(id, object))) continue;
    const [type, name] = address.split(".");
    const [only] = stacks.length === 1 ? stacks : [];
    const stack = stacks.find((one) => one.name === prefix) ?? only;
    if (!stack)
      not.set(address, { address, reason: "the log does not say of which stack: write it with `npx cdktf deploy`" });
    else if (stack.document.resource?.[type]?.[name] !== undefined)
      not.set(address, { address, reason: "the program still grants it: give it the new name there" });
    else released.set(address, { stack: stack.name, address, id });
  }
  return { released: [...released.values()], not: [...not.values()] };
}

/** Whether a grant's id, `role_database_schema_kind_object`, is of the object, `schema.object`, or in the schema of that name. */
function isOn(id: string, object: string): boolean {
  const dots = [...object.matchAll(/\./g)].map(({ index }) => index);
  const inSchema = id.includes(`_${object}_`);
  return (
    inSchema ||
    dots.some((dot) => {
      const [schema, name] = [object.slice(0, dot), object.slice(dot + 1)];
      return ["table", "column", "sequence", "function", "procedure", "routine"].some((kind) => {
        const tail = `_${schema}_${kind}_${name}`;
        return id.endsWith(tail) || id.includes(`${tail}_`);
      });
    })
  );
}

/** The log without colours of Terraform. */
function plainLog(log: string): string {
  // eslint-disable-next-line no-control-regex
  return log.replace(/\u001b\[[0-9;]*m/g, "");
}

/** The texts of its errors, without their frames and the stack's name with which cdktf begins each line. */
function errorsOf(log: string): string[] {
  return plainLog(log)
    .replace(/^.*?[│╷╵]/gm, "")
    .split(/\bError: /)
    .slice(1);
}

/**
 * Where Helm was killed, its record says that the release is pending, and Helm refuses to go on with it. Without the
 * record the next apply installs the release again, and Helm takes over its objects that are there: seen with the
 * provider 3.1.1.
 */
function pendingReason(block: Block | undefined): string {
  const [namespace, name] = [plain(block?.namespace), plain(block?.name)];
  const [n, r] = namespace === undefined || name === undefined ? ["<namespace>", "<release>"] : [namespace, name];
  return `an apply that was killed left the release pending. When nobody else applies: kubectl -n ${n} delete secret -l 'owner=helm,name=${r},status in (pending-install,pending-upgrade,pending-rollback)', then apply again without adopt.tf.json`;
}

/** The addresses of errors that say so. */
function addressesOf(log: string, saying: RegExp): string[] {
  return errorsOf(log)
    .filter((error) => saying.test(error))
    .flatMap((error) => [...error.matchAll(WITH)].slice(0, 1).map(([, address]) => address));
}

/** Terraform JSON allows a block to stand in a list. */
function blockOf(value: unknown): Block | undefined {
  const block: unknown = Array.isArray(value) ? value[0] : value;
  return typeof block === "object" && block !== null ? (block as Block) : undefined;
}

/** The block with `${postgresql_schema.x.name}` as the name that it stands for, where the stack itself says it. */
function withNames(block: Block, resources: NonNullable<SynthesizedStack["document"]["resource"]>): Block {
  const said = (value: unknown): unknown => {
    const path = typeof value === "string" && isComputed(value) ? referenceOf(value) : undefined;
    const [type, name, field] = (path ?? []).map(String);
    return path?.length === 3 ? (blockOf(resources[type]?.[name])?.[field] ?? value) : value;
  };
  return Object.fromEntries(Object.entries(block).map(([key, value]) => [key, said(value)]));
}

/**
 * An adopted mount of KV version 2 loses everything in it, unless Terraform ignores the difference in its type. Seen
 * with provider 5.6.0.
 */
function wouldBeMadeAnew(type: string, block: Block): boolean {
  if (type !== "vault_mount" || block.type !== "kv-v2") return false;
  const ignored = blockOf(block.lifecycle)?.ignore_changes;
  return ignored !== "all" && !(Array.isArray(ignored) && ignored.includes("type"));
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
  return typeof value === "string" && !isComputed(value) ? value : undefined;
}

/** The file with which Terraform takes objects of one stack into its state, and lets go of others, at the next apply. */
export function adoptionFile(adoptions: readonly Adoption[], releases: readonly Release[] = []): string {
  const taken = adoptions.map(({ address, id }) => ({ to: address, id }));
  const left = releases.map(({ address }) => ({ from: address, lifecycle: { destroy: false } }));
  const file = { ...(taken.length > 0 && { import: taken }), ...(left.length > 0 && { removed: left }) };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
