import { createHash } from "node:crypto";

/**
 * Names of tables, workloads and files are whatever somebody wrote: every renderer shows them through these functions and
 * lets none of their characters act. Letters of two scripts that look alike stay as they are: nobody can tell them apart but by JSON.
 */

/** Longer names are cut, so that no single one fills a comment. PostgreSQL's end at 63 bytes, paths of constructs may not. */
const LONGEST = 200;

/** What prints nothing, or prints over its neighbours: control, format, private and unassigned characters, every space but one. */
const UNSEEN = /[\p{C}\p{Z}\p{Me}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** What is written from right to left would move the words and numbers beside it. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/**
 * A name as one line of characters that can be seen: what cannot is written as `\u202e`, a backslash as two. Different names
 * stay different; one of more than 200 characters is cut and ends in 8 digits of its SHA-256.
 */
export function visible(name: string): string {
  if (name === "") return "\\empty";
  // Nearly every name: nothing in it needs a second look.
  if (/^(?!.*(::|##))[!-[\]-~]{1,200}$/.test(name)) return name;
  const units = [...name].map((_, index, all) => shown(all, index));
  // Half a surrogate pair too many would do no harm here, half an escape would: cut between units.
  let length = 0;
  const end = units.findIndex((unit) => (length += unit.length) > LONGEST);
  if (end === -1) return units.join("");
  const digest = createHash("sha256").update(Buffer.from(name, "utf16le")).digest("hex").slice(0, 8);
  return `${units.slice(0, end).join("")}\\…${digest}`;
}

function shown(characters: readonly string[], index: number): string {
  const [character, after] = [characters[index], characters[index + 1] ?? ""];
  const [before, beforeThat] = [characters[index - 1] ?? "", characters[index - 2] ?? ""];
  if (SHORT[character] !== undefined) return SHORT[character];
  // One space between two words is seen; at an end, or beside another one, it is not.
  const hidden =
    character === " "
      ? before === "" || before === " " || after === ""
      : UNSEEN.test(character) ||
        RIGHT_TO_LEFT.test(character) ||
        // An accent belongs on a letter; alone it would sit on what is beside the name, and piled up on the lines above.
        (/\p{M}/u.test(character) && !/\p{L}/u.test(/\p{M}/u.test(before) ? beforeThat : before)) ||
        // Build logs obey `::error::` at the start of a line and `##[error]` anywhere.
        (character === ":" && after === ":") ||
        (character === "#" && after === "#");
  if (!hidden) return character;
  const code = (character.codePointAt(0) as number).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
}

/**
 * A name as a Markdown code span: in it, neither Markdown nor HTML means anything, and forges make no mention, reference,
 * link or emoji of it.
 */
export function markdownCode(name: string): string {
  const text = visible(name);
  const runs = text.match(/`+/g) ?? [];
  // A fence as long as no run of backticks in the name: only another of that length would end it.
  const lengths = new Set(runs.map((run) => run.length));
  let length = 1;
  while (lengths.has(length)) length += 1;
  const fence = "`".repeat(length);
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return fence + space + text + space + fence;
}

/**
 * The same within a cell of a table, where a pipe would end the cell. Tables take `\|` for a pipe even in code; since
 * every backslash of a name is doubled, the one that is added here is always the odd one.
 */
export function markdownCellCode(name: string): string {
  return markdownCode(name).replace(/\|/g, "\\|");
}

/** A name within a label of a Mermaid diagram: all but letters, digits and a few signs as Mermaid's own entity codes. */
export function mermaidText(name: string): string {
  return visible(name).replace(/[^\p{L}\p{N}_./,() -]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** A name within HTML, in Markdown or not. Put it into `<code>`, where forges make no mention or emoji of it. */
export function htmlText(name: string): string {
  return visible(name).replace(/[^\p{L}\p{N}_./ -]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** Whole lines, such as an error's message: their breaks stay, nothing else of them acts. */
export function printable(text: string): string {
  return text
    .replace(/(?![\n ])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu, escaped)
    .replace(/:(?=:)/g, "\\u003a")
    .replace(/#(?=#)/g, "\\u0023");
}

/** A character as JSON writes it: by its UTF-16 units. */
function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`)
    .join("");
}

/**
 * JSON for a terminal or a log: the same values, with everything that such a place could obey or hide as `\u202e`. In a
 * JSON text these characters stand in strings only.
 */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
    .replace(/(?![\n ])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu, escaped)
    .replace(/#(?=#)/g, "\\u0023");
}
