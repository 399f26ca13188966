/**
 * Go's template lexer, as far as a credential's template needs it (text/template/parse/lex.go): an action starts at the
 * first `{{`, ends at the first `}}` outside of a string, and trims the text beside it with `{{- ` and ` -}}`.
 */
export interface Segment {
  readonly kind: "text" | "action";
  readonly value: string;
}

export function lex(template: string): Segment[] {
  const segments: Segment[] = [];
  let rest = template;
  let trimNext = false;
  const text = (value: string): void => {
    if (value !== "") segments.push({ kind: "text", value });
  };
  for (;;) {
    const start = rest.indexOf("{{");
    const before = start < 0 ? rest : rest.slice(0, start);
    const trimLeft = start >= 0 && /^\{\{-\s/.test(rest.slice(start));
    const trimmed = trimNext ? before.replace(/^[ \t\r\n]+/, "") : before;
    text(trimLeft ? trimmed.replace(/[ \t\r\n]+$/, "") : trimmed);
    if (start < 0) return segments;
    const inside = rest.slice(start + (trimLeft ? 3 : 2));
    const end = /^(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?!\s-\}\}|\}\})[^"`'{}\n])*(\s-)?\}\}/.exec(inside);
    if (!end) throw new Error(`template: unclosed or malformed action at ${JSON.stringify(inside.slice(0, 40))}`);
    trimNext = end[1] !== undefined;
    segments.push({ kind: "action", value: inside.slice(0, end[0].length - (trimNext ? 4 : 2)).trim() });
    rest = inside.slice(end[0].length);
  }
}

/** What the agent writes for a response of the database engine. Knows fields, strings and four filters; no more. */
export function renderTemplate(template: string, data: Readonly<Record<string, string>>): string {
  const segments = lex(template);
  const [open, ...rest] = segments;
  const close = rest.pop();
  if (open?.kind !== "action" || !/^with secret "/.test(open.value)) throw new Error("does not open with a secret");
  if (close?.kind !== "action" || close.value !== "end") throw new Error("does not close its block");
  return rest.map((segment) => (segment.kind === "text" ? segment.value : evaluate(segment.value, data))).join("");
}

function evaluate(action: string, data: Readonly<Record<string, string>>): string {
  const [first, ...filters] = action.split("|").map((part) => part.trim());
  let value: string;
  if (first.startsWith('"')) value = JSON.parse(first) as string;
  else {
    const field = /^\.(?:Data\.)?([A-Za-z]+)$/.exec(first)?.[1];
    if (field === undefined || !(field in data)) throw new Error(`template: not a field of the response: ${first}`);
    value = data[field];
  }
  for (const filter of filters) {
    if (filter === "toJSON") value = JSON.stringify(value);
    else if (filter === "urlquery") value = queryEscape(value);
    else if (filter === "base64Encode") value = Buffer.from(value).toString("base64");
    else if (filter.startsWith("replaceAll ")) {
      const [from, to] = [...filter.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([quoted]) => JSON.parse(quoted) as string);
      value = value.split(from).join(to);
    } else throw new Error(`template: filter ${filter}`);
  }
  return value;
}

/** The path that the only `with secret` block reads. @throws when there is another block, or none */
export function onlySecret(template: string): string {
  const actions = lex(template)
    .filter(({ kind }) => kind === "action")
    .map(({ value }) => value);
  const blocks = actions.filter((action) =>
    /\b(with|range|if|end|else|define|block|template|secret)\b/.test(action.replace(/"(?:[^"\\]|\\.)*"/g, '""')),
  );
  if (blocks.length !== 2 || blocks[1] !== "end")
    throw new Error(`template holds the blocks ${JSON.stringify(blocks)}`);
  return JSON.parse(/^with secret (".*")$/.exec(blocks[0])?.[1] ?? "null") as string;
}

/** Go's url.QueryEscape: as JavaScript's, and five more characters; a space is `+`. */
function queryEscape(value: string): string {
  const more = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, more)
    .replace(/%20/g, "+");
}
