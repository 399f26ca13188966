/**
 * What Vault 1.21 makes of the statements of a database role before PostgreSQL sees them
 * (plugins/database/postgresql/postgresql.go, sdk/database/helper/dbutil, go-secure-stdlib/strutil).
 */

const IN_QUOTES = [/(".*?")/g, /('.*?')/g];

/** containsMultilineStatement: then the statement is sent whole. */
function isWhole(statement: string): boolean {
  let rest = statement;
  for (const quoted of IN_QUOTES.flatMap((pattern) => statement.match(pattern) ?? []))
    rest = rest.split(quoted).join("");
  return /\bEND\b/.test(rest);
}

/** ParseArbitraryStringSlice: base64 of a list, a JSON list, or text split at every `;`, in quotes too. */
function split(statement: string): string[] {
  const input = statement.trim();
  if (input === "") return [];
  const decoded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(input)
    ? Buffer.from(input, "base64").toString("utf8")
    : input;
  try {
    const list: unknown = JSON.parse(decoded);
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // The common case: plain text.
  }
  return decoded
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** QueryHelper: raw replacement, without quoting. */
function replace(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((all, [name, value]) => all.split(`{{${name}}}`).join(value), text);
}

/** What is sent to PostgreSQL, one entry a query. */
export function sentByVault(statements: readonly string[], values: Readonly<Record<string, string>>): string[] {
  return statements
    .flatMap((statement) => (isWhole(statement) ? [statement] : split(statement)))
    .map((query) => replace(query, values));
}
