import * as fc from "fast-check";
import { hostileText } from "../support/arbitraries";

/** What breaks out of tables, code, HTML, terminals and build logs, or hides in them. */
export const ATTACKS = [
  "\n\n## all checks passed",
  "\r\n\r\n| a | b |\r\n| - | - |\r\n| 1 | 2 |",
  "`",
  "``` \n\n",
  "` | `` |",
  "a\\|b",
  "\\",
  "|",
  "||",
  "</code></summary></details><img src=x onerror=alert(1)>",
  "<!--",
  "-->",
  "<details>",
  "@octocat @org/team",
  "#123 GH-1 org/repo#1 0123456789abcdef0123456789abcdef01234567",
  "https://example.com www.example.com mailto:a@example.com a@example.com",
  "[x](https://example.com) ![x](y) [x]: y [^1]",
  ":tada: :+1:",
  "**bold** _it_ ~~gone~~ $x$",
  "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
  "zero\u200bwidth\ufeff\u00ad\u2060",
  "\u001b[31mred\u001b[0m \u009b2J \u001b]8;;https://example.com\u0007x\u001b]8;;\u0007",
  "::error file=x::y",
  "  ::set-output name=x::y",
  "##[error]x ##vso[task.complete]",
  "%%{init: {'theme':'dark'}}%%",
  '"]; click a "javascript:x"',
  "שלום",
  "Z\u0351\u0352\u0353\u0354algo",
  " leading",
  "trailing ",
  "two  spaces",
  "",
  "\ud800",
  "__proto__",
  "x".repeat(300),
];

/** A name with anything in it. */
export const hostileName: fc.Arbitrary<string> = fc.oneof(
  hostileText,
  fc.constantFrom(...ATTACKS),
  fc.array(fc.constantFrom(...ATTACKS, "a", " "), { minLength: 2, maxLength: 4 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.array(fc.constantFrom("\\", "|", "`", " "), { maxLength: 10 }).map((parts) => parts.join("")),
);

/** Puts names where a value holds `⟨0⟩`, `⟨1⟩`, …, also within texts. */
export function fill<T>(value: T, names: readonly string[]): T {
  const walk = (part: unknown): unknown => {
    if (typeof part === "string") return part.replace(/⟨(\d+)⟩/g, (_, index) => names[Number(index)]);
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value) as T;
}
