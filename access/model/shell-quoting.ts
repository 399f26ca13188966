/** One argument of a POSIX shell, whatever characters it has. */
export function quoteArgument(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
