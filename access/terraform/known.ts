import { escaped, holdsCode, parseTemplate, type Expression, type Path } from "./expression";
import { blocks, object, text, type Json, type JsonObject } from "./json";
import { yamlDocuments } from "./yaml";

/**
 * What the expressions of a stack come to as far as it can be known without Terraform: texts, lists and objects that are written out, locals,
 * arguments of other resources, and functions that only change the form. Variables are not known: an apply may give them another value.
 *
 * Everything stays Terraform JSON: what is not known remains a text with code in it, and a known text has its `${` escaped.
 */
export function knownIn(document: JsonObject): (value: Json) => Json {
  const known = new Known(document);
  return (value) => known.of(value, 0);
}

/** More is a circle, or nobody's program. */
const DEEPEST = 12;
/** A stack that asks for more, or for a longer text, wants to keep its reader busy: the rest of it is not known. */
const MOST_STEPS = 200_000;
const LONGEST = 1_000_000;

class Known {
  private readonly locals: JsonObject;
  private steps = 0;
  private readonly found = new Map<string, { readonly value: Json; readonly size: number }>();

  constructor(private readonly document: JsonObject) {
    this.locals = Object.assign({}, ...blocks(document.locals)) as JsonObject;
  }

  of(value: Json, depth: number): Json {
    if (typeof value === "string") return holdsCode(value) ? this.text(value, depth) : value;
    if (Array.isArray(value)) return (value as Json[]).map((one) => this.of(one, depth));
    if (typeof value !== "object" || value === null) return value;
    return mapped(value as JsonObject, (one) => this.of(one, depth));
  }

  private text(said: string, depth: number): Json {
    try {
      const found = this.evaluated(parseTemplate(said, { error: (problem) => new Error(problem) }), depth);
      return found ?? said;
    } catch {
      return said;
    }
  }

  private evaluated(expression: Expression, depth: number): Json {
    if (depth > DEEPEST || ++this.steps > MOST_STEPS) throw new Error("too much");
    const inner = (one: Expression): Json => this.evaluated(one, depth + 1);
    switch (expression.kind) {
      case "literal":
        return typeof expression.value === "string" ? escaped(expression.value) : expression.value;
      case "template":
        return short(expression.parts.map((part) => written(inner(part))));
      case "list":
        return expression.items.map(inner);
      case "object":
        return Object.fromEntries(expression.entries.map(({ key, value }) => [written(inner(key)), inner(value)]));
      case "reference":
        return this.reference(expression.path, depth);
      case "index":
        return stepped(inner(expression.of), expression.path) ?? unknown("index");
      case "call":
        return called(expression.name, expression.args.map(inner));
    }
  }

  /** What it refers to is looked at once; whoever takes it again pays for its size, since it is written out again. */
  private reference(path: Path, depth: number): Json {
    const name = path.join(".");
    const before = this.found.get(name);
    if (before !== undefined) {
      this.steps += before.size;
      return before.value;
    }
    this.found.set(name, { value: unknown(name), size: 1 });
    const value = this.referred(path, depth) ?? unknown(name);
    this.found.set(name, { value, size: sizeOf(value) });
    return value;
  }

  private referred([type, id, ...rest]: Path, depth: number): Json | undefined {
    const start = type === "local" ? this.locals : object(object(this.document.resource)[type]);
    const found = stepped(start[id], rest);
    // A whole resource has more than what is written of it.
    const whole = rest.length === 0 && type !== "local";
    return whole || found === undefined || found === null ? undefined : this.of(found, depth + 1);
  }
}

function sizeOf(value: Json | undefined): number {
  if (typeof value === "string") return 1 + value.length / 100;
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value as JsonObject).reduce<number>((sum, one) => sum + sizeOf(one), 1);
}

/** A text with code in it, so that everybody sees that it is not known. Without quotes: it may come to stand in JSON. */
const unknown = (name: string): string => `\${${name}}`;

/** What stands at a path. A block that is written once may be asked for by its index. */
function stepped(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((at, step) => {
    if (Array.isArray(at)) return (at as Json[])[Number(step)];
    return step === 0 && typeof at === "object" ? at : object(at)[String(step)];
  }, value);
}

function short(parts: readonly string[]): string {
  if (parts.reduce((length, part) => length + part.length, 0) > LONGEST) throw new Error("too long");
  return parts.join("");
}

function written(value: Json): string {
  if (typeof value === "object") throw new Error("no text");
  return String(value);
}

/** Functions whose result is the same thing in another form. */
const FORMS: Readonly<Record<string, (args: readonly Json[]) => Json | undefined>> = {
  jsonencode: ([value]) => JSON.stringify(value),
  yamlencode: ([value]) => JSON.stringify(value),
  jsondecode: ([value]) => JSON.parse(text(value) ?? "") as Json,
  yamldecode: ([value]) => decoded(text(value)),
  tostring: ([value]) => (typeof value === "object" ? undefined : String(value)),
  tobool: ([value]) => (value === "true" || value === "false" ? value === "true" : value),
  tonumber: ([value]) => value,
  tolist: ([value]) => value,
  toset: ([value]) => value,
  tomap: ([value]) => value,
  sensitive: ([value]) => value,
  nonsensitive: ([value]) => value,
  trimspace: ([value]) => text(value)?.trim(),
  concat: (lists) => (lists.every(Array.isArray) ? (lists as Json[][]).flat() : undefined),
  merge: (maps) => (maps.every(isMap) ? (Object.assign({}, ...maps) as JsonObject) : undefined),
  join: ([mark, list]) =>
    typeof mark === "string" && Array.isArray(list) ? (list as Json[]).map(written).join(mark) : undefined,
};

function called(name: string, args: readonly Json[]): Json {
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  return form?.(args) ?? unknown(`${name}()`);
}

function decoded(said: string | undefined): Json | undefined {
  const documents = said === undefined ? undefined : yamlDocuments(said);
  return documents?.length === 1 ? documents[0] : undefined;
}

const isMap = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function mapped(value: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one ?? null)]));
}
