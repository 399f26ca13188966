/** Text tables and colours for the terminal; plain text when it is not one. */
export const COLOUR = Boolean(process.stdout.isTTY && !process.env.NO_COLOR);
const paint =
  (code: number) =>
  (text: string): string =>
    COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = paint(1);
export const dim = paint(2);
export const green = paint(32);
export const red = paint(31);

/** Width without colours. */
function width(text: string): number {
  // eslint-disable-next-line no-control-regex
  return [...text.replace(/\u001b\[\d+m/g, "")].length;
}

/** Rows in columns as wide as their widest cell; control characters of names are shown, not obeyed. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header.map(dim), ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column]))));
  return all
    .map(
      (row) =>
        `  ${row
          .map((cell, column) => cell + " ".repeat(widths[column] - width(cell)))
          .join("  ")
          .trimEnd()}`,
    )
    .join("\n");
}
