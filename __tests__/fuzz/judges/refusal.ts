import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AccessFindingsError } from "../../../constructs";
import { TAKES_TOKENS } from "../fields";
import { Case, Outcome } from "../program";

const DOCUMENTED = new Set(
  [...readFileSync(join(__dirname, "../../../docs/findings.md"), "utf8").matchAll(/^### `([a-z-]+)`$/gm)].map(
    ([, code]) => code,
  ),
);

const TOKEN = /\$\{TfToken\[|-8\.11049\d*e\+?298/;

/** A text that is to be a certificate may be a private key: it is never shown. */
const HIDDEN = new Set(["certificate"]);

/** A token has no value to show; what an annotation is made of is refused beside it, where it was given. */
const CONSEQUENT = new Set<string>(["identity-token", "annotation"]);

/** A refusal is clear when it says what, the value, where, and how to put it right, and leaves nothing behind. */
export function judgeRefusal({ error, files }: Extract<Outcome, { accepted: false }>, one: Case): string[] {
  const left = files.map((file) => `${file} was written before the refusal`);
  if (error.name !== "AccessFindingsError") {
    const token = one.attempts.some(({ field, value }) => TAKES_TOKENS.has(field) && TOKEN.test(value));
    // A forged token is refused by cdktf when it resolves it, for the report of an unused endpoint after the files.
    return token && /token/i.test(error.message) ? [] : [...left, `unclear: ${error.name}: ${error.message}`];
  }
  const { findings } = error as AccessFindingsError;
  const problems = findings.flatMap((finding) => {
    const { code, message, path, fix, severity } = finding;
    const quoted = (message.match(/"(?:[^"\\]|\\.)*"/g) ?? []).map((text) => String(JSON.parse(text)));
    // A template is long: the part of it that is refused is enough. A login in an address is hidden, and what stands behind it is shown.
    const shown = one.attempts.some(
      ({ value }) =>
        message.includes(value) ||
        quoted.some((part) => part.includes(value) || value.includes(part)) ||
        (value.includes("@") && message.includes(`//…@${value.slice(value.lastIndexOf("@") + 1).split(/["\\]/)[0]}`)),
    );
    return [
      ...(severity === "error" ? [] : [`${code} is not an error`]),
      ...(DOCUMENTED.has(code) ? [] : [`${code} is not in docs/findings.md`]),
      ...(path === "" || !error.message.includes(path) ? [`${code} says not where`] : []),
      ...(fix.length < 5 ? [`${code} says not how to put it right`] : []),
      ...(shown || CONSEQUENT.has(code) || HIDDEN.has(code)
        ? []
        : [`${code} shows no value that was given: ${message}`]),
    ];
  });
  // The default mount path is made of the names: what is plain in a database can be too much for it.
  const unmounted = !one.shape.ownMountPath && one.attempts.some(({ field }) => field === "database");
  const plain = one.attempts.every((attempt) => attempt.plain) && !unmounted;
  return [...left, ...problems, ...(plain ? [`plain values were refused: ${error.message}`] : [])];
}
