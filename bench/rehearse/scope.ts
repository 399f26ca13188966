/** What references of one stack resolve to during one run. Ephemeral values live here and nowhere else. */
import { referencesOf, type Path } from "../../access/terraform/expression";
import { descend, evaluate, parseTemplate, textOf } from "./expressions";
import { EPHEMERALS } from "./handlers";
import { Context, EphemeralHandler, ResourceHandler } from "./model/handler";
import { readArguments } from "./model/arguments";
import { checkProvider } from "./providers";
import { Plan, addressOf, neededBy } from "./plan";
import { Block, Stack } from "./program";
import { Json, JsonObject, Secrets, Where } from "./model/values";

type ContextFor = (where: Where, provider: JsonObject) => Context;
type AllowsEphemeral = (path: Path) => boolean;

export class Scope {
  private readonly values = new Map<string, JsonObject>();

  constructor(
    readonly stack: Stack,
    private readonly secrets: Secrets,
    private readonly contextFor: ContextFor,
  ) {}

  set(address: string, value: JsonObject): void {
    this.values.set(address, value);
  }

  /** Evaluates a block that is not a resource. */
  async open(block: Block): Promise<void> {
    const where = new Where(this.stack.name, block.address);
    if (block.kind === "variable") {
      this.values.set(block.address, { value: block.arguments.default ?? null });
    } else if (block.kind === "provider") {
      const config = this.evaluate(block.arguments, where, () => true);
      this.values.set(block.address, checkProvider(block.type, config, where, this.secrets));
    } else if (block.kind === "ephemeral") {
      const handler = ephemeralHandler(block, where);
      const config = readArguments(
        this.evaluate(block.arguments, where, () => true),
        handler.table,
        where,
      );
      const opened = await handler.open(config, this.contextFor(where, this.provider(block)));
      this.values.set(block.address, opened);
    } else if (block.kind === "output") {
      this.values.set(
        block.address,
        this.evaluate(block.arguments, where, () => false),
      );
    }
  }

  value(address: string): JsonObject | undefined {
    return this.values.get(address);
  }

  provider(block: { provider?: string }): JsonObject {
    return this.values.get(block.provider ?? "") ?? {};
  }

  resourceArguments(block: Block, handler: ResourceHandler): JsonObject {
    const where = new Where(this.stack.name, block.address);
    return handler.read(this.evaluate(block.arguments, where, handler.takesEphemeral), where);
  }

  evaluate(raw: JsonObject, where: Where, allows: AllowsEphemeral): JsonObject {
    return Object.fromEntries(
      Object.entries(raw).map(([key, value]) => [key, this.evaluateAt(value, where.at(key), [key], allows)]),
    );
  }

  private evaluateAt(value: Json, where: Where, path: Path, allows: AllowsEphemeral): Json {
    if (typeof value === "string") return this.evaluateText(value, where, path, allows);
    if (Array.isArray(value))
      return value.map((entry, index) => this.evaluateAt(entry, where.at(index), [...path, index], allows));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => {
        const name = textOf(
          this.evaluateText(key, where, path, () => false),
          where,
        );
        return [name, this.evaluateAt(entry, where.at(key), [...path, key], allows)];
      }),
    );
  }

  private evaluateText(text: string, where: Where, path: Path, allows: AllowsEphemeral): Json {
    const expression = parseTemplate(text, where);
    const references = referencesOf(expression);
    const ephemeral = references.find((reference) => reference[0] === "ephemeral");
    if (ephemeral && !allows(path))
      throw where.error(
        `${ephemeral.join(".")} is ephemeral: only write-only arguments and providers take such values`,
      );
    const value = evaluate(expression, (reference) => this.resolve(reference, where), where);
    if (ephemeral) this.secrets.add(value);
    return value;
  }

  private resolve(path: Path, where: Where): Json {
    const address = addressOf(path, this.stack, where);
    const known = this.values.get(address);
    if (!known) throw where.error(`${address} has no value yet`);
    if (path[0] === "var") return descend(known.value ?? null, path.slice(2), where);
    return descend(known, path.slice(path[0] === "ephemeral" ? 3 : 2), where);
  }
}

/** Non-resource blocks that the given providers need, in an order in which they can be opened. */
export function blocksBehind(providers: string[], plan: Plan): Block[] {
  const wanted = neededBy(providers, plan);
  return plan.order.filter((block) => wanted.has(block.address) && block.kind !== "resource");
}

export function ephemeralHandler(block: Block, where: Where): EphemeralHandler {
  const handler = Object.hasOwn(EPHEMERALS, block.type) ? EPHEMERALS[block.type] : undefined;
  if (!handler) throw where.error("ephemeral resource type not known to the rehearsal");
  return handler;
}
