/** Quoting as the provider does it (lib/pq and helpers.go), flaws included. */

/** pq.QuoteIdentifier */
export function identifier(name: string): string {
  const end = name.indexOf("\0");
  return `"${(end < 0 ? name : name.slice(0, end)).replace(/"/g, '""')}"`;
}

/**
 * pqQuoteLiteral between quotes. It doubles backslashes although standard_conforming_strings is on. So a password with
 * a backslash arrives as another password. The rehearsal does the same, and the login fails here as it would there.
 */
export const literal = (value: string): string => `'${value.replace(/\\/g, "\\\\").replace(/'/g, "''")}'`;

/** quoteIdentifyIdent: `f(text, int)` becomes `"f"(text, int)`. */
export function callable(name: string): string {
  const [head = "", types] = name.split("(");
  return identifier(head) + (types === undefined ? "" : `(${types}`);
}
