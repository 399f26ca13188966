/** A string as HCL holds it: quoted, with quotes, backslashes, control characters and template starts escaped. */
export function hclString(value: string): string {
  const escaped = value.replace(/["\\\p{Cc}]|([$%])\{/gu, (match, sigil?: string) => {
    if (sigil) return `${sigil}${sigil}{`;
    const short: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return short[match] ?? `\\u${match.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

/** A list of strings, in the order given. */
export function hclStrings(values: readonly string[]): string {
  return `[${values.map(hclString).join(", ")}]`;
}
