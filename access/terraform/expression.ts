import { piecesOf, type Piece, type Token } from "./tokens";

/**
 * The part of Terraform's expression language that synthesized programs use: templates in JSON strings, references, calls of functions,
 * object and list constructors. Anything else is refused, never guessed at.
 */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "template"; readonly parts: readonly Expression[] }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "object"; readonly entries: readonly { readonly key: Expression; readonly value: Expression }[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "reference"; readonly path: Path }
  | { readonly kind: "index"; readonly of: Expression; readonly path: Path };

export type Path = readonly (string | number)[];

/** Makes an error of what is wrong, with the place. */
export interface Refusal {
  error(problem: string): Error;
}

/** Splits a JSON string into literal text and `${...}`; one interpolation alone keeps its type. */
export function parseTemplate(text: string, where: Refusal): Expression {
  return template(piecesOf(text), where, unescaped);
}

/** The path of a text that is one reference: bare, as `depends_on` holds it, or an interpolation. @returns undefined for any other */
export function referenceOf(text: string): Path | undefined {
  try {
    const parsed = parseTemplate(text.includes("${") ? text : `\${${text}}`, {
      error: (problem) => new Error(problem),
    });
    return parsed.kind === "reference" ? parsed.path : undefined;
  } catch {
    return undefined;
  }
}

/** What a program writes so that Terraform reads `text` back: `${` and `%{` begin code in its JSON. */
export function escaped(text: string): string {
  return text.replace(/([$%])\{/g, "$1$1{");
}

/** What Terraform reads of a text without code: `$${` is `${`. */
export function unescaped(text: string): string {
  return text.replace(/([$%])\1\{/g, "$1{");
}

/** The quick question: whether there is a `${` or `%{`. An escaped one counts, too, and then there may be no code. */
export function mayHoldCode(text: string): boolean {
  return /[$%]\{/.test(text);
}

/** Whether a string of Terraform JSON holds code: what it says is known when Terraform runs, and not here. */
export function holdsCode(text: string): boolean {
  return mayHoldCode(text) && piecesOf(text).some(({ kind }) => kind === "code");
}

/** Every reference inside an expression, in the order written. */
export function referencesOf(expression: Expression): Path[] {
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

function template(pieces: readonly Piece[], where: Refusal, literal: (text: string) => string): Expression {
  const parts = pieces.map((piece): Expression => {
    if (piece.kind === "text") return { kind: "literal", value: literal(piece.text) };
    if (piece.opening === "%{") throw where.error("template directives (%{...}) are not read");
    const expression = new Parser(piece.tokens, where).whole();
    if (!piece.closed) throw where.error("an interpolation ${ is never closed");
    return expression;
  });
  if (parts.length === 0) return { kind: "literal", value: "" };
  return parts.length === 1 ? parts[0] : { kind: "template", parts };
}

class Parser {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(
    tokens: readonly Token[],
    private readonly where: Refusal,
  ) {
    this.tokens = tokens.filter(({ kind }) => kind !== "space");
  }

  whole(): Expression {
    const expression = this.expression();
    const rest = this.tokens[this.at] as Token | undefined;
    if (rest) throw this.unexpected(rest);
    return expression;
  }

  private expression(): Expression {
    const token = this.next();
    if (token.kind === "number") return { kind: "literal", value: Number(token.text) };
    if (token.kind === "name") return this.named(token.text);
    if (token.kind === "string") {
      if (!token.closed) throw this.where.error("a quoted string in an expression is never closed");
      return this.indexed(template(token.pieces, this.where, (text) => this.unquoted(text)));
    }
    if (token.kind === "mark" && token.text === "(") {
      const inner = this.expression();
      this.expect(")");
      return this.indexed(inner);
    }
    if (token.kind === "mark" && token.text === "[") return this.indexed({ kind: "list", items: this.items("]") });
    if (token.kind === "mark" && token.text === "{") return this.indexed(this.object());
    throw this.unexpected(token);
  }

  private named(name: string): Expression {
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "null") return { kind: "literal", value: null };
    if (!this.skip("(")) return { kind: "reference", path: [name, ...this.path()] };
    return this.indexed({ kind: "call", name, args: this.items(")") });
  }

  private object(): Expression {
    const entries: { key: Expression; value: Expression }[] = [];
    while (!this.skip("}")) {
      const key = this.key();
      if (!this.skip("=") && !this.skip(":")) throw this.where.error("expected = or : in an object constructor");
      entries.push({ key, value: this.expression() });
      if (!this.skip(",") && !this.peek("}")) throw this.where.error("expected , or } in an object constructor");
    }
    return { kind: "object", entries };
  }

  /** A bare name is a text, as in JSON. */
  private key(): Expression {
    const first = this.tokens[this.at] as Token | undefined;
    if (first?.kind !== "name" || !(this.peek("=", 1) || this.peek(":", 1))) return this.expression();
    this.at++;
    return { kind: "literal", value: first.text };
  }

  private items(close: string): Expression[] {
    const items: Expression[] = [];
    while (!this.skip(close)) {
      items.push(this.expression());
      if (!this.skip(",") && !this.peek(close)) throw this.unexpected(this.tokens[this.at] as Token | undefined);
    }
    return items;
  }

  private indexed(of: Expression): Expression {
    const path = this.path();
    return path.length === 0 ? of : { kind: "index", of, path };
  }

  private path(): (string | number)[] {
    const path: (string | number)[] = [];
    for (;;) {
      if (this.skip(".")) {
        const part = this.next();
        if (part.kind === "number" && /^\d+$/.test(part.text)) path.push(Number(part.text));
        else if (part.kind === "name") path.push(part.text);
        else throw this.unexpected(part);
      } else if (this.skip("[")) {
        const key = this.expression();
        if (key.kind !== "literal" || (typeof key.value !== "string" && typeof key.value !== "number"))
          throw this.where.error("an index must be a literal string or number");
        path.push(key.value);
        this.expect("]");
      } else return path;
    }
  }

  /** The literal text of a quoted string. */
  private unquoted(text: string): string {
    return text.replace(ESCAPED, (sequence, sigil?: string) => {
      if (sigil !== undefined) return `${sigil}{`;
      const code = /^\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})$/.test(sequence) ? parseInt(sequence.slice(2), 16) : -1;
      const char = code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ESCAPES[sequence.slice(1)];
      if (char === undefined) throw this.where.error(`unknown escape ${sequence.slice(0, 2)} in a quoted string`);
      return char;
    });
  }

  private peek(text: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead] as Token | undefined;
    return token?.kind === "mark" && token.text === text;
  }

  private skip(text: string): boolean {
    const found = this.peek(text);
    if (found) this.at++;
    return found;
  }

  private next(): Token {
    const token = this.tokens[this.at++] as Token | undefined;
    if (!token) throw this.where.error("an expression ends too early");
    return token;
  }

  private expect(text: string): void {
    if (!this.skip(text)) throw this.where.error(`expected ${JSON.stringify(text)} in an expression`);
  }

  private unexpected(token: Token | undefined): Error {
    const found = token === undefined ? "the end" : JSON.stringify(token.kind === "string" ? '"' : token.text);
    return this.where.error(`an expression of a kind that is not read: unexpected ${found}`);
  }
}

const ESCAPES: Readonly<Record<string, string | undefined>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
  "\\": "\\",
};

/** A template marker that stands for itself, or an escape. */
const ESCAPED = /([$%])\1\{|\\(?:u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|[^]?)/g;
