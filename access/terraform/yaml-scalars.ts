import type { Json } from "./json";

/** What a plain or quoted text of YAML stands for, as Kubernetes and Helm read it (YAML 1.1: `yes` is true). */
export function bare(text: string): Json {
  if (text.startsWith('"')) return JSON.parse(text) as string;
  if (text.startsWith("'")) {
    if (!/^'(?:[^']|'')*'$/.test(text)) throw new Error("a quoted text that does not end");
    return text.slice(1, -1).replace(/''/g, "'");
  }
  if (/^([&*!|>%@`"'#{}[\],]|[-?:](\s|$))/.test(text) || /:(\s|$)/.test(text)) throw new Error("not a plain text");
  if (/^(~|null|Null|NULL|)$/.test(text)) return null;
  if (/^(true|True|TRUE|yes|Yes|YES|on|On|ON|y|Y)$/.test(text)) return true;
  if (/^(false|False|FALSE|no|No|NO|off|Off|OFF|n|N)$/.test(text)) return false;
  if (/^[-+]?(0|[1-9]\d*)(\.\d*)?([eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
  // Numbers of other bases, with underscores, or of an hour and its minutes: readers differ.
  if (/^[-+]?(\.\d|0[\da-zA-Z_]|\d+_|\d+(:\d)+)/.test(text)) throw new Error("a number that is not read");
  return text;
}

/** A value that stands on one line, with a comment behind it perhaps: a text, `[a, b]` or `{a: b}`. */
export function flow(line: string): Json {
  const reader = new Flow(line);
  const value = reader.value(false);
  reader.end();
  return value;
}

class Flow {
  private at = 0;

  constructor(private readonly text: string) {}

  value(within: boolean): Json {
    this.space();
    const next = this.text[this.at] as string | undefined;
    if (next === "[") return this.list();
    if (next === "{") return this.map();
    return bare(this.scalar(within));
  }

  end(): void {
    const rest = this.text.slice(this.at);
    if (!/^\s*$|^\s+#/.test(rest)) throw new Error("something follows the value");
  }

  private list(): Json {
    const items: Json[] = [];
    this.at++;
    while (!this.skip("]")) {
      items.push(this.value(true));
      if (!this.skip(",") && this.next() !== "]") throw new Error("a list that does not end on its line");
    }
    return items;
  }

  private map(): Json {
    const entries: [string, Json][] = [];
    this.at++;
    while (!this.skip("}")) {
      this.space();
      const said = this.scalar(true);
      const key = /^["']/.test(said) ? String(bare(said)) : said;
      if (!this.skip(":") || key === "") throw new Error("a key without a value");
      this.space();
      entries.push([key, /[,}]/.test(this.next() ?? "") ? null : this.value(true)]);
      if (!this.skip(",") && this.next() !== "}") throw new Error("a map that does not end on its line");
    }
    return Object.fromEntries(entries);
  }

  private scalar(within: boolean): string {
    const rest = this.text.slice(this.at);
    const quoted = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest)?.[0];
    const plain = within ? /^(?:[^,[\]{}:#]|:(?=[^\s,[\]{}])|(?<=\S)#)*/ : /^(?:[^#]|(?<=\S)#)*/;
    const found = quoted ?? plain.exec(rest)?.[0] ?? "";
    this.at += found.trimEnd().length;
    return quoted ?? found.trim();
  }

  private next(): string | undefined {
    this.space();
    return this.text[this.at] as string | undefined;
  }

  private skip(mark: string): boolean {
    const found = this.next() === mark;
    if (found) this.at++;
    return found;
  }

  private space(): void {
    while (this.text[this.at] === " ") this.at++;
  }
}
