import type { Json } from "./json";
import { bare, flow } from "./yaml-scalars";

/**
 * Reads the YAML that people write for Kubernetes and Helm: maps and lists in blocks or on one line, quoted texts, `|` texts, comments, several
 * documents. Anchors, tags, folded texts, values over several lines and whatever else YAML has are refused, never guessed at.
 *
 * @returns the documents; undefined where the text holds something that is not read
 */
export function yamlDocuments(text: string): Json[] | undefined {
  try {
    return [JSON.parse(text) as Json];
  } catch {
    // Most YAML is not JSON.
  }
  try {
    return documents(text.split(/\r?\n/)).map((lines) => new Reader(lines).whole());
  } catch {
    return undefined;
  }
}

function documents(lines: readonly string[]): string[][] {
  const all: string[][] = [[]];
  for (const line of lines) {
    if (/^(---|\.\.\.)\s*(#.*)?$/.test(line)) all.push([]);
    else if (/^(---|\.\.\.|%)/.test(line)) throw new Error("a document that begins on its line, or a directive");
    else all[all.length - 1].push(line);
  }
  return all.filter((one) => one.some((line) => !isBlank(line)));
}

const isBlank = (line: string): boolean => /^\s*(#.*)?$/.test(line);
const indentOf = (line: string): number => line.length - line.trimStart().length;

/** A key of a map, with what stands behind its colon. */
const KEY =
  /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#&*!|>%@`{}[\],?:-](?:[^:#]|:(?=\S)|(?<=\S)#)*?|-[^\s:#]+)\s*:(?:\s+(.*)|)$/;

/** Nobody writes a longer key and value on one line of YAML; to look for one takes time that grows with its square. */
const LONGEST = 20_000;

function keyOf(text: string): RegExpExecArray | null {
  if (text.length > LONGEST) throw new Error("a line too long");
  return KEY.exec(text);
}

class Reader {
  private at = 0;
  private readonly lines: string[];

  constructor(lines: readonly string[]) {
    this.lines = [...lines];
  }

  whole(): Json {
    const value = this.node(0);
    if (this.peek() !== undefined) throw new Error("something follows");
    return value;
  }

  /** The next line that says something, without moving past it. */
  private peek(): string | undefined {
    while (this.at < this.lines.length && isBlank(this.lines[this.at])) this.at++;
    const line = this.lines[this.at] as string | undefined;
    if (line !== undefined && /^ *\t/.test(line)) throw new Error("a tab indents");
    return line;
  }

  private node(least: number): Json {
    const line = this.peek();
    if (line === undefined || indentOf(line) < least) return null;
    const indent = indentOf(line);
    const text = line.trim();
    if (text === "-" || text.startsWith("- ")) return this.list(indent);
    if (keyOf(text)) return this.map(indent);
    this.at++;
    return this.alone(text, indent);
  }

  private list(indent: number): Json {
    const items: Json[] = [];
    for (let line = this.peek(); line !== undefined && indentOf(line) === indent; line = this.peek()) {
      const text = line.trim();
      if (text !== "-" && !text.startsWith("- ")) break;
      // What stands behind the dash is read as if it stood on a line of its own.
      this.lines[this.at] = line.replace("-", " ");
      items.push(this.inside(this.lines[this.at].trimEnd(), indent));
    }
    return items;
  }

  private inside(line: string, indent: number): Json {
    const text = line.trim();
    if (isBlank(line)) {
      this.at++;
      const next = this.peek();
      return next === undefined || indentOf(next) <= indent ? null : this.node(indent + 1);
    }
    if (text.startsWith("|")) {
      this.at++;
      return this.literal(text, indent);
    }
    return this.node(indent + 1);
  }

  private map(indent: number): Json {
    const entries = new Map<string, Json>();
    for (let line = this.peek(); line !== undefined && indentOf(line) === indent; line = this.peek()) {
      const found = keyOf(line.trim());
      if (!found) throw new Error("not a key");
      const key = /^["']/.test(found[1]) ? String(bare(found[1])) : found[1];
      if (entries.has(key) || key === "<<") throw new Error("a key twice, or one that merges");
      this.at++;
      entries.set(key, this.valueOf((found[2] as string | undefined) ?? "", indent));
    }
    const rest = this.peek();
    if (rest !== undefined && indentOf(rest) > indent) throw new Error("indented further than what it belongs to");
    return Object.fromEntries(entries);
  }

  private valueOf(text: string, indent: number): Json {
    if (text.startsWith("|")) return this.literal(text, indent);
    if (!isBlank(text)) return this.alone(text, indent);
    const next = this.peek();
    if (next === undefined || indentOf(next) < indent) return null;
    // A list may stand as far left as the key that it belongs to.
    if (indentOf(next) === indent) return /^-( |$)/.test(next.trim()) ? this.list(indent) : null;
    return this.node(indent + 1);
  }

  /** A value on one line. */
  private alone(text: string, indent: number): Json {
    const next = this.peek();
    if (next !== undefined && indentOf(next) > indent) throw new Error("a value over several lines");
    return flow(text);
  }

  private literal(head: string, indent: number): Json {
    const chomp = /^\|([-+]?)\s*(#.*)?$/.exec(head)?.[1];
    if (chomp === undefined) throw new Error("a text with an indentation of its own");
    const taken: string[] = [];
    while (this.at < this.lines.length) {
      const line = this.lines[this.at];
      if (line.trim() !== "" && indentOf(line) <= indent) break;
      taken.push(line);
      this.at++;
    }
    const first = taken.find((line) => line.trim() !== "");
    if (first === undefined) return "";
    const width = first.search(/[^ ]/);
    if (taken.some((line) => line.trim() !== "" && line.search(/[^ ]/) < width)) throw new Error("uneven");
    const text = taken.map((line) => line.slice(width)).join("\n");
    const end = text.replace(/\n+$/, "");
    return chomp === "-" ? end : chomp === "+" ? `${text}\n` : `${end}\n`;
  }
}
