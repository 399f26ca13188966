/** A name in double quotes, as SQL takes any. */
export function quoteIdentifier(name: string): string {
  return `"${name.replace(/"/g, '""')}"`;
}

/** A string constant, which means the same whatever `standard_conforming_strings` says. */
export function quoteLiteral(value: string): string {
  return value.includes("\\") ? `E'${value.replace(/['\\]/g, "$&$&")}'` : `'${value.replace(/'/g, "''")}'`;
}
