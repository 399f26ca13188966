import { Where } from "./model/values";

export interface Token {
  kind: "name" | "number" | "string" | "mark";
  text: string;
  /** Of a quoted string: literal text, and the tokens of each interpolation in it. */
  parts?: (string | Token[])[];
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** Reads tokens from just after `${` up to its own `}`; `end` is the position after that brace. */
export function tokenize(text: string, start: number, where: Where): { tokens: Token[]; end: number } {
  const tokens: Token[] = [];
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    if (char === "}" && depth === 0) return { tokens, end: at + 1 };
    if (char === '"') {
      const string = readString(text, at + 1, where);
      tokens.push({ kind: "string", text: '"', parts: string.parts });
      at = string.end;
      continue;
    }
    const rest = text.slice(at);
    const name = /^[\p{ID_Start}_][\p{ID_Continue}-]*/u.exec(rest)?.[0];
    // after a dot, `0.1` is two indexes and not a decimal number
    const afterDot = tokens.at(-1)?.text === ".";
    const number = (afterDot ? /^\d+/ : /^-?\d+(\.\d+)?([eE][+-]?\d+)?/).exec(rest)?.[0];
    if (name) tokens.push({ kind: "name", text: name });
    else if (number) tokens.push({ kind: "number", text: number });
    else if ("{}[](),=:.".includes(char) && !/^(==|=>|\.\.\.)/.test(rest)) {
      if (char === "{") depth++;
      if (char === "}") depth--;
      tokens.push({ kind: "mark", text: char });
    } else throw where.error(`expression not known to the rehearsal: unexpected ${JSON.stringify(char)}`);
    at += name?.length ?? number?.length ?? 1;
  }
  throw where.error("an interpolation ${ is never closed");
}

function readString(text: string, start: number, where: Where): { parts: (string | Token[])[]; end: number } {
  const parts: (string | Token[])[] = [];
  let literal = "";
  const flush = () => {
    if (literal !== "") parts.push(literal);
    literal = "";
  };
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') {
      flush();
      return { parts, end: at + 1 };
    }
    if (char === "\\") {
      const { value, length } = readEscape(text, at + 1, where);
      literal += value;
      at += 1 + length;
    } else if (text.startsWith("$${", at) || text.startsWith("%%{", at)) {
      literal += text.slice(at + 1, at + 3);
      at += 3;
    } else if (text.startsWith("${", at)) {
      flush();
      const inner = tokenize(text, at + 2, where);
      parts.push(inner.tokens);
      at = inner.end;
    } else if (text.startsWith("%{", at)) {
      throw where.error("template directives (%{...}) are not known to the rehearsal");
    } else {
      literal += char;
      at++;
    }
  }
  throw where.error("a quoted string in an expression is never closed");
}

function readEscape(text: string, at: number, where: Where): { value: string; length: number } {
  const char = text.charAt(at);
  const simple = ESCAPES[char];
  if (simple !== undefined) return { value: simple, length: 1 };
  const digits = char === "u" ? 4 : char === "U" ? 8 : 0;
  const hex = text.slice(at + 1, at + 1 + digits);
  if (digits === 0 || !new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(hex))
    throw where.error(`unknown escape \\${char} in a quoted string`);
  const code = parseInt(hex, 16);
  return { value: digits === 4 ? String.fromCharCode(code) : String.fromCodePoint(code), length: 1 + digits };
}
