import { close, Context, Kept, ResourceHandler } from "./model/handler";
import { RESOURCES } from "./handlers";
import {
  Action,
  ApplyReport,
  DestroyReport,
  RehearsalHooks,
  RehearsalOptions,
  RehearsalServers,
  Step,
} from "./model/contracts";
import { Changed, decision, firedTriggers } from "./decision";
import { ignoreChanges } from "./ignore-changes";
import { Plan, neededBy, planStack } from "./plan";
import { Block, Program, Stack } from "./program";
import { Scope, blocksBehind, ephemeralHandler } from "./scope";
import { RehearsalState, ResourceState, destroyOrder, emptyState, visible } from "./model/state";
import { Json, JsonObject, RehearsalError, Secrets, Where, digest } from "./model/values";

/**
 * Applies a synthesized program through the servers' own APIs, doing what the pinned providers do. What it does not know it
 * refuses by stack, address and argument. One rehearsal keeps the state of what it made.
 */
export class Rehearsal {
  readonly state: RehearsalState;
  private readonly secrets = new Secrets();
  private program: Program | undefined;

  constructor(
    private readonly servers: RehearsalServers,
    private readonly hooks: RehearsalHooks,
    private readonly options: RehearsalOptions = {},
  ) {
    this.state = options.state ?? emptyState();
    this.secrets.add(servers.vault.token);
    if (options.vaultPod) this.secrets.add(options.vaultPod.reviewerJwt);
  }

  /**
   * Creates, updates, replaces and removes until the servers are as the program says.
   *
   * @throws RehearsalError naming stack, address and, where it applies, argument
   */
  async apply(program: Program, options: { stacks?: string[] } = {}): Promise<ApplyReport> {
    this.program = program;
    const report: ApplyReport = { steps: [], outputs: {} };
    // all of it is read before anything is made: an unknown argument in the last stack must not leave half a program
    const planned = this.selected(program, options.stacks, true).map((stack) => ({ stack, plan: checked(stack) }));
    for (const { stack, plan } of planned) await this.applyStack(stack, plan, report);
    return report;
  }

  /** Removes everything in the state, dependents first. A rehearsal that only got a state needs the program again. */
  async destroy(options: { stacks?: string[]; program?: Program } = {}): Promise<DestroyReport> {
    const program = options.program ?? this.program;
    if (!program) throw new RehearsalError("destroy needs the program that was applied", "", "");
    const report: DestroyReport = { steps: [] };
    for (const stack of this.selected(program, options.stacks, false).reverse()) {
      const entries = Object.values(this.state.stacks[stack.name] ?? {});
      await this.remove(stack, checked(stack), entries, report.steps);
      delete this.state.stacks[stack.name];
    }
    return report;
  }

  private selected(program: Program, names: string[] | undefined, complete: boolean): Stack[] {
    const unknown = names?.find((name) => !program.stacks.some((stack) => stack.name === name));
    if (unknown !== undefined) throw new Where(unknown, "program").error("stack does not exist");
    const chosen = program.stacks.filter((stack) => !names || names.includes(stack.name));
    for (const stack of complete ? chosen : []) {
      const missing = stack.dependencies.find(
        (name) => !chosen.some((s) => s.name === name) && !this.state.stacks[name],
      );
      if (missing !== undefined) throw new Where(stack.name, "program").error(`needs stack ${missing} applied first`);
    }
    return chosen;
  }

  private async applyStack(stack: Stack, plan: Plan, report: ApplyReport): Promise<void> {
    const entries = (this.state.stacks[stack.name] ??= {});
    if (this.options.refresh !== false) await this.refresh(stack, plan, entries);
    for (const address of stack.removed) {
      if (!entries[address]) continue;
      delete entries[address];
      report.steps.push({ stack: stack.name, address, action: "forget" });
    }
    const gone = Object.values(entries).filter((entry) => !stack.blocks.has(entry.address));
    if (gone.length > 0) await this.remove(stack, plan, gone, report.steps);

    const run: StackRun = { scope: this.scope(stack), plan, changed: new Map(), steps: report.steps, kept: {} };
    try {
      for (const block of plan.order)
        await this.guarded(stack, block.address, () =>
          block.kind === "resource" ? this.applyResource(block, run) : this.openBlock(block, run.scope, report),
        );
    } finally {
      await close(run.kept);
    }
  }

  private async openBlock(block: Block, scope: Scope, report: ApplyReport): Promise<void> {
    const { address, kind } = block;
    const { name } = scope.stack;
    if (kind === "ephemeral") this.progress(name, address, "open", "start");
    await scope.open(block);
    if (kind === "ephemeral") this.progress(name, address, "open", "done");
    if (kind === "output" && block.arguments.sensitive !== true)
      (report.outputs[name] ??= {})[address.slice("output.".length)] = scope.value(address)?.value ?? null;
  }

  /**
   * Reads what was made, before anything is changed, as a plan does. It does not see what a migration of this same apply will do.
   * Resources of PostgreSQL and Vault are read as their providers read them. Of a Kubernetes object no more is read than whether it is
   * there, and Helm releases are not read. Where a provider's configuration waits for a resource that is not there, nothing of it is read.
   */
  private async refresh(stack: Stack, plan: Plan, entries: Record<string, ResourceState>): Promise<void> {
    const scope = this.scope(stack);
    const readable = Object.values(entries).filter((entry) => RESOURCES[entry.type]?.refresh);
    if (readable.length === 0) return;
    Object.values(entries).forEach((entry) => scope.set(entry.address, visible(entry)));
    const configured = new Set<string>();
    for (const provider of new Set(readable.map((entry) => entry.provider))) {
      if (resourcesBehind(provider, stack, plan).some((address) => !entries[address])) continue;
      for (const block of blocksBehind([provider], plan))
        await this.guarded(stack, block.address, () => scope.open(block));
      configured.add(provider);
    }
    const kept: Kept = {};
    const read = async (entry: ResourceState): Promise<void> => {
      const context = this.context(new Where(stack.name, entry.address), scope.provider(entry));
      const found = await RESOURCES[entry.type]?.refresh?.(entry, { ...context, kept });
      if (!found) delete entries[entry.address];
      else {
        entry.arguments = { ...entry.arguments, ...found.arguments };
        entry.attributes = { ...entry.attributes, ...found.attributes };
      }
    };
    try {
      for (const entry of readable.filter(({ provider }) => configured.has(provider)))
        await this.guarded(stack, entry.address, () => read(entry));
    } finally {
      await close(kept);
    }
  }

  private async applyResource(block: Block, run: StackRun): Promise<void> {
    const { scope, plan, changed, steps } = run;
    const stack = scope.stack;
    const handler = handlerFor(block, stack);
    const where = new Where(stack.name, block.address);
    const entries = (this.state.stacks[stack.name] ??= {});
    const known = entries[block.address];
    const config = scope.resourceArguments(block, handler);
    handler.secrets(config).forEach((secret) => this.secrets.add(secret));
    if (known) ignoreChanges(block, config, known, where);
    const after = handler.remember(config, this.state.salt);

    const context = this.context(where, scope.provider(block));
    const imported = stack.imports.get(block.address);
    const triggers = firedTriggers(block, stack, changed);
    const { action, reasons } = decision(handler, { known, after, imported: imported !== undefined, triggers });
    if (action !== "unchanged") await share(run.kept, context, action === "create" && handler.shares?.(config, action));
    this.progress(stack.name, block.address, action, "start", reasons);

    const keep = (attributes: JsonObject & { id: string }, tainted: boolean) => {
      const dependencies = resourcesBehind(block.address, stack, plan);
      const { address, type, provider = "" } = block;
      entries[address] = {
        address,
        type,
        provider,
        id: attributes.id,
        arguments: after,
        attributes,
        dependencies,
        tainted,
      };
    };
    const create = async () => {
      context.made = (id) => keep({ id }, true);
      keep(await handler.create(config, context), false);
    };
    if (action === "create") await create();
    else if (action === "adopt" && imported !== undefined) {
      if (!handler.adopt) throw where.error("import blocks of this kind are not known to the rehearsal");
      keep(await handler.adopt(config, imported, context), false);
    } else if (action === "update" && known) keep(await handler.update(config, known, context), false);
    else if (action === "replace" && known) {
      if (block.lifecycle.preventDestroy) throw where.error(`prevent_destroy, but ${reasons?.join(", ")} replaces it`);
      if (block.lifecycle.createBeforeDestroy) {
        await create();
        await handler.destroy(known, context);
      } else {
        await handler.destroy(known, context);
        delete entries[block.address];
        await create();
      }
    }
    const now = entries[block.address];
    if (!now) throw where.error("was applied, but is not in the state");
    if (action !== "unchanged")
      changed.set(block.address, { before: known ? visible(known) : {}, after: visible(now) });
    scope.set(block.address, visible(now));
    const { notes } = context;
    steps.push({
      ...{ stack: stack.name, address: block.address, action },
      ...(reasons ? { because: reasons } : {}),
      ...(notes.length > 0 ? { notes } : {}),
    });
    this.progress(stack.name, block.address, action, "done");
  }

  /** Destroys resources with the providers as the program configures them now. */
  private async remove(stack: Stack, plan: Plan, gone: ResourceState[], steps: Step[]): Promise<void> {
    const entries = this.state.stacks[stack.name] ?? {};
    const scope = this.scope(stack);
    Object.values(entries).forEach((entry) => scope.set(entry.address, visible(entry)));
    const providers = [...new Set(gone.map((entry) => entry.provider))].sort();
    // before the first deletion: an ephemeral password may come from an entry that is deleted on the way
    for (const block of blocksBehind(providers, plan))
      await this.guarded(stack, block.address, () => scope.open(block));
    const kept: Kept = {};
    const destroy = async (entry: ResourceState): Promise<void> => {
      const where = new Where(stack.name, entry.address);
      if (stack.blocks.get(entry.address)?.lifecycle.preventDestroy) throw where.error("prevent_destroy");
      const handler = RESOURCES[entry.type];
      if (!handler) throw where.error("resource type not known to the rehearsal");
      this.progress(stack.name, entry.address, "destroy", "start");
      const context = this.context(where, scope.provider(entry));
      await share(kept, context, handler.shares?.(entry.arguments, "destroy"));
      await handler.destroy(entry, context);
      delete entries[entry.address];
      const notes = context.notes.length > 0 ? { notes: context.notes } : {};
      steps.push({ stack: stack.name, address: entry.address, action: "destroy", ...notes });
      this.progress(stack.name, entry.address, "destroy", "done");
    };
    try {
      for (const entry of destroyOrder(gone)) await this.guarded(stack, entry.address, () => destroy(entry));
    } finally {
      await close(kept);
    }
  }

  private scope(stack: Stack): Scope {
    return new Scope(stack, this.secrets, (where, provider) => this.context(where, provider));
  }

  private context(where: Where, provider: JsonObject): Context {
    const { servers, hooks, options, secrets } = this;
    const notes: string[] = [];
    const note = (text: string) => void notes.push(text);
    const keep = (value: Json): string => digest(this.state.salt, value);
    return { where, servers, hooks, options, provider, secrets, notes, note, digest: keep, made: () => undefined };
  }

  /** Whatever goes wrong leaves with stack and address, and without secrets. */
  private async guarded(stack: Stack, address: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (error instanceof RehearsalError) {
        error.message = this.secrets.redact(error.message);
        error.stack = `${error.name}: ${error.message}`;
        throw error;
      }
      const problem = error instanceof Error ? error.message : String(error);
      throw new Where(stack.name, address).error(this.secrets.redact(problem));
    }
  }

  private progress(stack: string, address: string, action: Action, phase: "start" | "done", because?: string[]): void {
    this.hooks.progress?.({ stack, address, action, phase, ...(because ? { because } : {}) });
  }
}

/** Gives a block the connection of the one before it, or closes that first. */
async function share(kept: Kept, context: Context, shares = false): Promise<void> {
  if (shares) context.kept = kept;
  else await close(kept);
}

/** What the blocks of a stack have in common while it is applied. */
interface StackRun {
  readonly scope: Scope;
  readonly plan: Plan;
  readonly changed: Changed;
  readonly steps: Step[];
  /** The connection that the next block may use. */
  readonly kept: Kept;
}

function handlerFor(block: Block, stack: Stack): ResourceHandler {
  const handler = Object.hasOwn(RESOURCES, block.type) ? RESOURCES[block.type] : undefined;
  if (!handler) throw new Where(stack.name, block.address).error("resource type not known to the rehearsal");
  return handler;
}

/** The plan, with every type and every argument name looked at. */
function checked(stack: Stack): Plan {
  for (const block of stack.blocks.values()) {
    const where = new Where(stack.name, block.address);
    if (block.kind === "resource") handlerFor(block, stack).checkNames(block.arguments, where);
    if (block.kind === "ephemeral") ephemeralHandler(block, where);
  }
  return planStack(stack);
}

function resourcesBehind(address: string, stack: Stack, plan: Plan): string[] {
  const behind = [...neededBy([address], plan)].filter((at) => at !== address);
  return behind.filter((at) => stack.blocks.get(at)?.kind === "resource").sort();
}
