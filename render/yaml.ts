/**
 * Plain data as YAML: maps and lists in blocks, and every text in double quotes, as in JSON. YAML reads such a text as
 * it is (YAML 1.2, 1.3), so none is taken for a number, a date or a tag. What does not show is written by its number: YAML 1.1,
 * which Kubernetes' tools read, takes U+0085, U+2028 and U+2029 for ends of a line, and refuses other control characters.
 */
export function yaml(value: unknown, indent = ""): string {
  if (Array.isArray(value))
    return value.length === 0
      ? `${indent}[]\n`
      : value.map((item) => `${indent}-${nested(item, indent, true)}`).join("");
  return Object.entries(value as object)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => `${indent}${keyOf(key)}:${nested(item, indent, false)}`)
    .join("");
}

function nested(value: unknown, indent: string, inList: boolean): string {
  if (typeof value !== "object" || value === null) return ` ${quoted(value)}\n`;
  if (Object.keys(value).length === 0) return Array.isArray(value) ? " []\n" : " {}\n";
  const inside = yaml(value, `${indent}  `);
  // The first entry of a map stands behind the dash of its list.
  return inList && !Array.isArray(value) ? ` ${inside.slice(indent.length + 2)}` : `\n${inside}`;
}

function keyOf(key: string): string {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key) ? key : quoted(key);
}

function quoted(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
