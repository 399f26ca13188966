import { ArgumentTable, checkNames, readArguments, rememberArguments, secretsIn, takesEphemeral } from "./arguments";
import { Json, JsonObject, Secrets, Where, canonical } from "./values";
import type { Known } from "./state";
import type { RehearsalHooks, RehearsalOptions, RehearsalServers } from "./contracts";

/** A connection that the next block may use: one at a time, since a login may have a limit. */
export interface Kept {
  /** Where it goes to, and as whom. */
  key?: string;
  connection?: { end(): Promise<void> };
}

/** Closes it, if there is one. */
export async function close(kept: Kept): Promise<void> {
  const { connection } = kept;
  delete kept.connection;
  await connection?.end().catch(() => undefined);
}

/** What a handler is given besides the arguments. */
export interface Context {
  where: Where;
  servers: RehearsalServers;
  hooks: RehearsalHooks;
  options: RehearsalOptions;
  /** What the state may keep of a secret: equal for equal values, and for this state alone. */
  digest: (value: Json) => string;
  /** The evaluated provider block: may hold a password, so it is never kept. */
  provider: JsonObject;
  secrets: Secrets;
  /** Tells that the object exists from now on: if the rest fails, the state keeps it as half made. */
  made: (id: string) => void;
  /** Adds a line to the report: something that nobody did. */
  note: (text: string) => void;
  readonly notes: string[];
  /** The connection of the block before, and for the one after: in a refresh, and for blocks that share theirs. */
  kept?: Kept;
}

/** What can be referred to afterwards, `id` among it. */
export type Attributes = JsonObject & { id: string };

export interface ResourceHandler {
  type: string;
  /** Refuses unknown arguments before anything is evaluated. */
  checkNames(raw: JsonObject, where: Where): void;
  /** Checks and completes the evaluated arguments. */
  read(raw: JsonObject, where: Where): JsonObject;
  /** The part of `read`'s answer that the state may keep and compare. */
  remember(config: JsonObject, salt: string): JsonObject;
  secrets(config: JsonObject): Json[];
  takesEphemeral(path: readonly (string | number)[]): boolean;
  /** Arguments whose change replaces the object; `made` has the attributes of the last apply. */
  replacedBy(before: JsonObject, after: JsonObject, made?: JsonObject): string[];
  create(config: JsonObject, context: Context): Promise<Attributes>;
  update(config: JsonObject, known: Known, context: Context): Promise<Attributes>;
  /** Takes over what an import block names; without it, the kind is refused there. @throws where there is no such object */
  adopt?(config: JsonObject, id: string, context: Context): Promise<Attributes>;
  /** What the provider reads back of an object that was made; without it, a refresh changes nothing of this kind. */
  refresh?(known: Known, context: Context): Promise<ReadBack | undefined>;
  destroy(known: Known, context: Context): Promise<void>;
  /**
   * True where to create or destroy it does not change who may connect, and where no open connection is in its way. Such blocks
   * share a connection with the blocks beside them: to open one takes longer than most blocks.
   */
  shares?(config: JsonObject, action: "create" | "destroy"): boolean;
}

/** What a refresh finds: arguments that are not as they were, and attributes; `undefined` where the object is gone. */
export interface ReadBack {
  arguments: JsonObject;
  attributes?: JsonObject;
}

export interface EphemeralHandler {
  type: string;
  table: ArgumentTable;
  open(config: JsonObject, context: Context): Promise<JsonObject>;
}

export interface TableHandler {
  type: string;
  table: ArgumentTable;
  /** Rules over several arguments, and replacements that depend on values. */
  check?(config: JsonObject, where: Where): void;
  replacedBy?: ResourceHandler["replacedBy"];
  create: ResourceHandler["create"];
  update?: ResourceHandler["update"];
  refresh?: ResourceHandler["refresh"];
  destroy: ResourceHandler["destroy"];
  shares?: ResourceHandler["shares"];
}

/** A handler whose arguments are one table. Without `update`, every change replaces. */
export function tableHandler(handler: TableHandler): ResourceHandler {
  const { type, table } = handler;
  return {
    type,
    checkNames: (raw, where) => checkNames(raw, table, where),
    read(raw, where) {
      const config = readArguments(raw, table, where);
      handler.check?.(config, where);
      return config;
    },
    remember: (config, salt) => rememberArguments(config, table, salt),
    secrets: (config) => secretsIn(config, table),
    takesEphemeral: (path) => takesEphemeral(path, table),
    replacedBy(before, after, made) {
      const changed = changedKeys(before, after);
      const replacing = handler.update ? changed.filter((key) => table[key]?.replaces) : changed;
      return [...new Set([...replacing, ...(handler.replacedBy?.(before, after, made) ?? [])])].sort();
    },
    create: handler.create,
    update:
      handler.update ?? (() => Promise.reject(new Error(`${type} has no arguments that can be changed in place`))),
    ...(handler.refresh ? { refresh: handler.refresh } : {}),
    destroy: handler.destroy,
    ...(handler.shares ? { shares: handler.shares } : {}),
  };
}

export function changedKeys(before: JsonObject, after: JsonObject): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => canonical(before[key] ?? null) !== canonical(after[key] ?? null))
    .sort();
}
