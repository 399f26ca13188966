import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseTemplate } from "../../bench/rehearse/expressions";
import { asBlocks, isObject, Json, JsonObject, Where } from "../../bench/rehearse/model/values";

/** A stack as it was synthesized. */
export interface StackDocument {
  readonly stack: string;
  readonly document: JsonObject;
}

/** A block of a stack, such as a resource. */
export interface StackBlock {
  readonly kind: "resource" | "ephemeral" | "data";
  readonly type: string;
  readonly address: string;
  readonly body: JsonObject;
}

/** A block whose needs are not known here, and why. */
export interface NotCovered {
  readonly stack: string;
  readonly address: string;
  readonly because: string;
}

/**
 * The stacks of a synthesized program, or those that were asked for.
 * @throws when the folder holds no synthesized program, or has no stack of a name that was asked for
 */
export function readStacks(outdir: string, asked: readonly string[] | undefined): StackDocument[] {
  const manifest = readJson(join(outdir, "manifest.json"));
  const stacks = Object.entries(isObject(manifest.stacks) ? manifest.stacks : {});
  for (const name of asked ?? [])
    if (!stacks.some(([stack]) => stack === name))
      throw new Error(
        `there is no stack ${JSON.stringify(name)}: choose among ${stacks.map(([stack]) => stack).join(", ")}`,
      );
  return stacks
    .filter(([name]) => asked === undefined || asked.includes(name))
    .map(([stack, entry]) => {
      const path = isObject(entry) ? entry.synthesizedStackPath : undefined;
      if (typeof path !== "string" || !path.endsWith(".json"))
        throw new Error(`${outdir}/manifest.json: stack ${stack} has no JSON file: only JSON synthesis can be read`);
      return { stack, document: readJson(join(outdir, path)) };
    });
}

/** The blocks of a provider, whose types begin with `prefix`. */
export function blocksOf(document: JsonObject, prefix: string): StackBlock[] {
  return (["resource", "ephemeral", "data"] as const).flatMap((kind) => {
    const kinds = document[kind];
    return Object.entries(isObject(kinds) ? kinds : {}).flatMap(([type, named]) =>
      !type.startsWith(prefix) || !isObject(named)
        ? []
        : Object.entries(named).flatMap(([id, raw]) =>
            asBlocks(raw, new Where("", `${type}.${id}`)).map((body) => {
              const before = kind === "resource" ? "" : `${kind}.`;
              return { kind, type, address: `${before}${type}.${id}`, body };
            }),
          ),
    );
  });
}

/**
 * The text of an argument: a plain one, or one that refers to a plain one of the same stack.
 * @throws when there is none, or Terraform alone knows it
 */
export function argument(
  { stack, document }: StackDocument,
  { address, body }: StackBlock,
  name: string,
  otherwise?: string,
): string {
  const value = name.split(".").reduce<Json | undefined>((of, part) => {
    if (Array.isArray(of)) return of[Number(part)];
    return isObject(of) ? of[part] : undefined;
  }, body);
  const text =
    value === undefined || value === null ? otherwise : resolve(value, document, new Where(stack, address, name));
  if (text === undefined) throw new Error(`it has no ${name}`);
  return text;
}

function resolve(value: Json, document: JsonObject, where: Where, depth = 0): string {
  const unknown = new Error(`its ${where.argument} is known only when Terraform runs`);
  if (typeof value !== "string" || depth > 8) throw unknown;
  const parsed = parseTemplate(value, where);
  if (parsed.kind === "literal") return String(parsed.value);
  if (parsed.kind !== "reference") throw unknown;
  const [type, id, attribute, ...more] = parsed.path;
  const named = isObject(document.resource) ? document.resource[String(type)] : undefined;
  const body = isObject(named) ? named[String(id)] : undefined;
  const next = isObject(body) ? body[String(attribute)] : undefined;
  if (next === undefined || more.length > 0) throw unknown;
  return resolve(next, document, where, depth + 1);
}

function readJson(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new Error(`${path} cannot be read: synthesize the program first, or name its folder with --out`);
  }
  const parsed = JSON.parse(text) as Json;
  if (!isObject(parsed)) throw new Error(`${path} is not an object`);
  return parsed;
}
