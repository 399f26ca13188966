/** Terraform's expressions as the rehearsal computes them. One that it does not know is an error, never a guess. */
import { parseTemplate as parse, referenceOf, type Expression, type Path } from "../../access/terraform/expression";
import { FUNCTIONS } from "./functions";
import { Json, Where, isObject } from "./model/values";

/** A string of Terraform JSON. @throws for a function that is not known, before anything is applied */
export function parseTemplate(text: string, where: Where): Expression {
  const expression = parse(text, where);
  const unknown = callsIn(expression).find((name) => !(name in FUNCTIONS));
  if (unknown !== undefined) throw where.error(`function ${unknown}() is not known to the rehearsal`);
  return expression;
}

/** A bare reference, as depends_on and replace_triggered_by hold them: `aws_x.y` or `${aws_x.y}`. */
export function parseReference(text: string, where: Where): Path {
  const path = referenceOf(text);
  if (path === undefined) throw where.error(`${JSON.stringify(text)} is not a reference`);
  return path;
}

/** The functions that an expression calls. */
function callsIn(expression: Expression): string[] {
  switch (expression.kind) {
    case "literal":
    case "reference":
      return [];
    case "template":
      return expression.parts.flatMap(callsIn);
    case "list":
      return expression.items.flatMap(callsIn);
    case "call":
      return [expression.name, ...expression.args.flatMap(callsIn)];
    case "index":
      return callsIn(expression.of);
    case "object":
      return expression.entries.flatMap(({ key, value }) => [...callsIn(key), ...callsIn(value)]);
  }
}

export type Resolve = (path: Path) => Json;

export function evaluate(expression: Expression, resolve: Resolve, where: Where): Json {
  const inner = (part: Expression) => evaluate(part, resolve, where);
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "reference":
      return resolve(expression.path);
    case "list":
      return expression.items.map(inner);
    case "template":
      return expression.parts.map((part) => textOf(inner(part), where)).join("");
    case "index":
      return descend(inner(expression.of), expression.path, where);
    case "object":
      return Object.fromEntries(
        expression.entries.map(({ key, value }) => [textOf(inner(key), where), inner(value)] as const),
      );
    case "call": {
      const call = FUNCTIONS[expression.name];
      if (!call) throw where.error(`function ${expression.name}() is not known to the rehearsal`);
      return call(expression.args.map(inner), where.at(`${expression.name}()`));
    }
  }
}

/** A value inside a template becomes text as Terraform does it: strings, numbers and booleans only. */
export function textOf(value: Json, where: Where): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw where.error("a null, list or object cannot become part of a string");
}

export function descend(value: Json, path: Path, where: Where): Json {
  return path.reduce<Json>((current, part) => {
    const found = Array.isArray(current)
      ? current[Number(part)]
      : isObject(current)
        ? current[String(part)]
        : undefined;
    if (found === undefined) throw where.error(`${JSON.stringify(String(part))} does not exist in what is referred to`);
    return found;
  }, value);
}
