/**
 * Reads Terraform's expression language as text: which part of a string is code, and of which tokens the code consists. It is the only
 * reader of that syntax here; what parses, renames or looks for files builds on it.
 *
 * Nothing is refused, and nothing is lost: `textOf` of what was read is the text itself, also where it is broken off or not valid.
 * Grammar: HCL native syntax specification, "Lexical Elements", "Templates"; JSON syntax specification, "Expressions".
 */

/** A stretch of a template: literal text as it is written, or the code of an interpolation or a directive. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "code";
      readonly opening: "${" | "%{";
      readonly tokens: readonly Token[];
      /** Whether its `}` is there. */
      readonly closed: boolean;
    };

export type Token =
  | {
      /** `other` is an operator or what HCL does not know; `space` is white space or a comment. */
      readonly kind: "name" | "number" | "mark" | "other" | "space";
      readonly text: string;
    }
  | {
      readonly kind: "string";
      readonly pieces: readonly Piece[];
      /** Whether its second `"` is there. */
      readonly closed: boolean;
    };

const SPACE = /\s+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y;
const NAME = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** After a dot, `0.1` is two indexes and not a decimal number. */
const INDEX = /\d+/y;
const OTHER = /==|!=|<=|>=|=>|&&|\|\||\.\.\.|[^]/uy;
const MARKS = "{}[](),=:.";

/** Reads a string of Terraform JSON: literal text, and code in `${…}` and `%{…}`. */
export function piecesOf(text: string): readonly Piece[] {
  return new Reader(text).pieces(false);
}

/** Reads a bare expression, as `provider` and `replace_triggered_by` hold it. */
export function tokensOf(text: string): readonly Token[] {
  const reader = new Reader(text);
  const tokens = reader.tokens();
  // A brace that closes nothing.
  while (!reader.done) tokens.push({ kind: "other", text: reader.take(1) }, ...reader.tokens());
  return tokens;
}

/** The text that was read. */
export function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => (token.kind === "string" ? quoted(token, templateOf(token.pieces)) : token.text))
    .join("");
}

/** The template that was read. @param code what to write for the tokens of an interpolation */
export function templateOf(pieces: readonly Piece[], code: (tokens: readonly Token[]) => string = textOf): string {
  return pieces
    .map((piece) =>
      piece.kind === "text" ? piece.text : `${piece.opening}${code(piece.tokens)}${piece.closed ? "}" : ""}`,
    )
    .join("");
}

/** A quoted string with this between its quotes. */
export function quoted({ closed }: { readonly closed: boolean }, inside: string): string {
  return `"${inside}${closed ? '"' : ""}`;
}

/** An address as a meta-argument holds it, bare or as an interpolation, without white space and comments. */
export function bareAddress(text: string): string {
  const pieces = piecesOf(text);
  const only = pieces.length === 1 ? pieces[0] : undefined;
  const tokens = only?.kind === "code" && only.opening === "${" ? only.tokens : tokensOf(text);
  return textOf(tokens.filter(({ kind }) => kind !== "space"));
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  get done(): boolean {
    return this.at >= this.text.length;
  }

  take(length: number): string {
    const from = this.at;
    this.at += length;
    return this.text.slice(from, this.at);
  }

  /** A template; one in quotes ends at the quote that closes it. */
  pieces(inQuotes: boolean): Piece[] {
    const pieces: Piece[] = [];
    let text = "";
    const flush = (): void => {
      if (text !== "") pieces.push({ kind: "text", text });
      text = "";
    };
    while (!this.done) {
      const char = this.text.charAt(this.at);
      if (inQuotes && char === '"') break;
      if (inQuotes && char === "\\") text += this.take(2);
      else if (char !== "$" && char !== "%") text += this.take(1);
      else if (this.text.startsWith(`${char}{`, this.at + 1)) text += this.take(3);
      else if (this.text.charAt(this.at + 1) !== "{") text += this.take(1);
      else {
        flush();
        const opening = this.take(2) as "${" | "%{";
        const tokens = this.tokens();
        pieces.push({ kind: "code", opening, tokens, closed: this.take(1) === "}" });
      }
    }
    flush();
    return pieces;
  }

  /** Code, up to the brace that closes it. */
  tokens(): Token[] {
    const tokens: Token[] = [];
    let depth = 0;
    while (!this.done) {
      const char = this.text.charAt(this.at);
      if (char === "}" && depth === 0) break;
      const last = tokens.at(-1);
      const afterDot = last?.kind === "mark" && last.text === ".";
      const space = this.match(SPACE);
      const name = space ?? this.match(NAME);
      const number = name ?? this.match(afterDot ? INDEX : NUMBER);
      if (space !== undefined) tokens.push({ kind: "space", text: space });
      else if (name !== undefined) tokens.push({ kind: "name", text: name });
      else if (number !== undefined) tokens.push({ kind: "number", text: number });
      else if (char === '"') {
        this.take(1);
        const pieces = this.pieces(true);
        tokens.push({ kind: "string", pieces, closed: this.take(1) === '"' });
      } else {
        const other = this.match(OTHER) ?? this.take(1);
        if (other === "{") depth++;
        if (other === "}") depth--;
        tokens.push({ kind: MARKS.includes(other) ? "mark" : "other", text: other });
      }
    }
    return tokens;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}
