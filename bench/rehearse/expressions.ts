/**
 * The part of Terraform's expression language that synthesized programs use: templates in JSON strings, references,
 * a few functions, object and list constructors. Anything else is an error, never a guess.
 * Grammar: HCL native syntax specification, "Expressions" and "Templates"; JSON syntax specification, "Expressions".
 */
import { FUNCTIONS } from "./functions";
import { Json, Where, isObject } from "./model/values";
import { Token, tokenize } from "./tokens";

export type Expression =
  | { kind: "literal"; value: Json }
  | { kind: "template"; parts: Expression[] }
  | { kind: "list"; items: Expression[] }
  | { kind: "object"; entries: { key: Expression; value: Expression }[] }
  | { kind: "call"; name: string; args: Expression[] }
  | { kind: "reference"; path: (string | number)[] }
  | { kind: "index"; of: Expression; path: (string | number)[] };

/** Splits a JSON string into literal text and `${...}`; one interpolation alone keeps its type. */
export function parseTemplate(text: string, where: Where): Expression {
  const parts: Expression[] = [];
  let literal = "";
  const flush = () => {
    if (literal !== "") parts.push({ kind: "literal", value: literal });
    literal = "";
  };
  for (let at = 0; at < text.length;) {
    if (text.startsWith("$${", at) || text.startsWith("%%{", at)) {
      literal += text.slice(at + 1, at + 3);
      at += 3;
    } else if (text.startsWith("${", at)) {
      flush();
      const { tokens, end } = tokenize(text, at + 2, where);
      parts.push(new Parser(tokens, where).whole());
      at = end;
    } else if (text.startsWith("%{", at)) {
      throw where.error("template directives (%{...}) are not known to the rehearsal");
    } else literal += text[at++];
  }
  flush();
  if (parts.length === 0) return { kind: "literal", value: "" };
  return parts.length === 1 && parts[0] ? parts[0] : { kind: "template", parts };
}

/** A bare reference, as depends_on and replace_triggered_by hold them: `aws_x.y` or `${aws_x.y}`. */
export function parseReference(text: string, where: Where): (string | number)[] {
  const parsed = parseTemplate(text.includes("${") ? text : `\${${text}}`, where);
  if (parsed.kind !== "reference") throw where.error(`${JSON.stringify(text)} is not a reference`);
  return parsed.path;
}

/** The inverse of reading a literal: what a program writes so that Terraform reads `text` back. */
export const escapeTemplate = (text: string): string => text.replace(/([$%])\{/g, "$1$1{");

class Parser {
  private at = 0;
  constructor(
    private readonly tokens: Token[],
    private readonly where: Where,
  ) {}

  whole(): Expression {
    const expression = this.expression();
    const rest = this.tokens[this.at];
    if (rest) throw this.where.error(`expression not known to the rehearsal: unexpected ${JSON.stringify(rest.text)}`);
    return expression;
  }

  private expression(): Expression {
    const token = this.next();
    switch (token.kind) {
      case "number":
        return { kind: "literal", value: Number(token.text) };
      case "string": {
        const parts = token.parts ?? [];
        const built = parts.map((part): Expression =>
          typeof part === "string" ? { kind: "literal", value: part } : new Parser(part, this.where).whole(),
        );
        const only = built[0];
        if (!only) return { kind: "literal", value: "" };
        return this.indexed(built.length === 1 ? only : { kind: "template", parts: built });
      }
      case "name":
        return this.named(token.text);
      default:
        break;
    }
    if (token.text === "(") {
      const inner = this.expression();
      this.expect(")");
      return this.indexed(inner);
    }
    if (token.text === "[") return this.indexed({ kind: "list", items: this.items("]") });
    if (token.text === "{") return this.indexed(this.object());
    throw this.where.error(`expression not known to the rehearsal: unexpected ${JSON.stringify(token.text)}`);
  }

  private named(name: string): Expression {
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "null") return { kind: "literal", value: null };
    if (this.peek("(")) {
      this.expect("(");
      const args = this.items(")");
      if (!(name in FUNCTIONS)) throw this.where.error(`function ${name}() is not known to the rehearsal`);
      return this.indexed({ kind: "call", name, args });
    }
    return { kind: "reference", path: [name, ...this.path()] };
  }

  private object(): Expression {
    const entries: { key: Expression; value: Expression }[] = [];
    while (!this.peek("}")) {
      const first = this.tokens[this.at];
      const second = this.tokens[this.at + 1];
      const bare = first?.kind === "name" && (second?.text === "=" || second?.text === ":");
      let key: Expression;
      if (bare) {
        this.at++;
        key = { kind: "literal", value: first.text };
      } else key = this.expression();
      if (!this.peek("=") && !this.peek(":")) throw this.where.error("expected = or : in an object constructor");
      this.at++;
      entries.push({ key, value: this.expression() });
      if (this.peek(",")) this.at++;
      else if (!this.peek("}")) throw this.where.error("expected , or } in an object constructor");
    }
    this.expect("}");
    return { kind: "object", entries };
  }

  private items(close: string): Expression[] {
    const items: Expression[] = [];
    while (!this.peek(close)) {
      items.push(this.expression());
      if (this.peek(",")) this.at++;
      else if (!this.peek(close)) {
        const odd = this.tokens[this.at]?.text ?? "the end";
        throw this.where.error(`expression not known to the rehearsal: unexpected ${JSON.stringify(odd)}`);
      }
    }
    this.expect(close);
    return items;
  }

  private indexed(of: Expression): Expression {
    const path = this.path();
    return path.length === 0 ? of : { kind: "index", of, path };
  }

  private path(): (string | number)[] {
    const path: (string | number)[] = [];
    for (;;) {
      if (this.peek(".")) {
        this.at++;
        const part = this.next();
        if (part.kind === "number" && /^\d+$/.test(part.text)) path.push(Number(part.text));
        else if (part.kind === "name") path.push(part.text);
        else throw this.where.error(`expression not known to the rehearsal: .${part.text}`);
      } else if (this.peek("[")) {
        this.at++;
        const key = this.expression();
        if (key.kind !== "literal" || (typeof key.value !== "string" && typeof key.value !== "number"))
          throw this.where.error("an index must be a literal string or number");
        path.push(key.value);
        this.expect("]");
      } else return path;
    }
  }

  private peek(text: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind === "mark" && token.text === text;
  }

  private next(): Token {
    const token = this.tokens[this.at++];
    if (!token) throw this.where.error("expression ends too early");
    return token;
  }

  private expect(text: string): void {
    if (!this.peek(text)) throw this.where.error(`expected ${JSON.stringify(text)} in an expression`);
    this.at++;
  }
}

/** Every reference inside an expression, in the order written. */
export function referencesOf(expression: Expression): (string | number)[][] {
  switch (expression.kind) {
    case "literal":
      return [];
    case "reference":
      return [expression.path];
    case "template":
      return expression.parts.flatMap(referencesOf);
    case "list":
      return expression.items.flatMap(referencesOf);
    case "call":
      return expression.args.flatMap(referencesOf);
    case "index":
      return referencesOf(expression.of);
    case "object":
      return expression.entries.flatMap(({ key, value }) => [...referencesOf(key), ...referencesOf(value)]);
  }
}

export type Resolve = (path: (string | number)[]) => Json;

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

export function descend(value: Json, path: (string | number)[], where: Where): Json {
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
