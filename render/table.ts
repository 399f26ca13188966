/** Tables for a terminal. Cells are plain text that was made safe before (words.ts); a cell may have several lines. */

/** Wraps text in the colour of a meaning; plain where colours are not wanted. The text says everything without it. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
}

export function paint(colour: boolean): Paint {
  const code = (start: number) => (text: string) => (colour && text !== "" ? `\u001b[${start}m${text}\u001b[0m` : text);
  return { bold: code(1), dim: code(2), red: code(31), yellow: code(33), green: code(32) };
}

export interface TableRow {
  readonly cells: readonly string[];
  readonly paint?: (text: string) => string;
}

const GAP = 2;
/** After these a line may end. */
const BREAKS = " ,/.(";
/** No column is made narrower than this to make room: below it, a table is harder to read than a list. */
const NARROWEST = 10;

/**
 * Columns as wide as their widest cell; where that is more than the terminal has, long cells are wrapped, and where even
 * that does not do, each row is a list of `title: cell`.
 *
 * @param width columns of the terminal; without it, every row is one line
 */
export function textTable(
  header: readonly string[],
  rows: readonly TableRow[],
  options: { readonly width?: number; readonly paint: Paint },
): string {
  const all = [header, ...rows.map(({ cells }) => cells)];
  const widest = (of: (cell: string) => number): number[] =>
    header.map((_, column) => all.reduce((most, cells) => Math.max(most, of(cells[column])), 0));
  const natural = widest(cellWidth);
  const unbroken = options.width === undefined ? natural : widest(longestWord);
  const widths = fit(natural, unbroken, (options.width ?? Infinity) - GAP * header.length);
  if (widths === undefined) return list(header, rows, options);
  const line = (cells: readonly string[], colour: (text: string) => string): string[] => {
    const wrapped = cells.map((cell, column) => wrap(cell, widths[column]));
    return Array.from({ length: Math.max(...wrapped.map((lines) => lines.length)) }, (_, index) => {
      const text = wrapped
        .map((lines, column) => pad(lines[index] ?? "", widths[column]))
        .join(" ".repeat(GAP))
        .trimEnd();
      return `${" ".repeat(GAP)}${colour(text)}`;
    });
  };
  return [
    ...line(header, options.paint.dim),
    ...rows.flatMap((row) => line(row.cells, row.paint ?? ((text) => text))),
  ].join("\n");
}

function list(
  header: readonly string[],
  rows: readonly TableRow[],
  { width, paint: { dim } }: { readonly width?: number; readonly paint: Paint },
): string {
  const titles = Math.max(...header.map(textWidth)) + 1;
  const room = Math.max((width ?? Infinity) - GAP - titles - 1, NARROWEST);
  return rows
    .map(({ cells, paint: colour }) =>
      cells
        .flatMap((cell, column) =>
          cell === ""
            ? []
            : wrap(cell, room).map((text, index) => {
                const title = pad(index === 0 ? `${header[column]}:` : "", titles);
                return `${" ".repeat(GAP)}${dim(title)} ${colour ? colour(text) : text}`;
              }),
        )
        .join("\n"),
    )
    .join("\n\n");
}

/**
 * Widths that fit into the room, taken from the widest columns first: from those that then break between words, and only then from
 * words. Undefined when that cannot be.
 */
function fit(natural: readonly number[], unbroken: readonly number[], room: number): number[] | undefined {
  const widths = [...natural];
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  for (const least of [unbroken.map((width) => Math.max(width, NARROWEST)), unbroken.map(() => NARROWEST)]) {
    while (over > 0) {
      const spare = widths.map((width, column) => (width > least[column] ? width : 0));
      const widest = Math.max(...spare);
      if (widest === 0) break;
      widths[spare.indexOf(widest)] -= 1;
      over -= 1;
    }
  }
  return over > 0 ? undefined : widths;
}

function longestWord(cell: string): number {
  return Math.max(...cell.split(new RegExp(`(?<=[${BREAKS}])|\n`)).map((word) => textWidth(word.trimEnd())));
}

function cellWidth(cell: string): number {
  return Math.max(...cell.split("\n").map(textWidth));
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

/** A paragraph in lines of at most this width. */
export function paragraph(text: string, width: number | undefined): string {
  return width === undefined ? text : wrap(text, Math.max(width, NARROWEST)).join("\n");
}

/** Lines of at most this width, broken after a space, a comma or a separator of paths where there is one. */
function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const lines: string[] = [];
    let rest = [...line];
    while (textWidth(rest.join("")) > width) {
      let used = 0;
      const fits = rest.findIndex((character) => (used += textWidth(character)) > width);
      const breaks = rest.slice(0, Math.max(fits, 1)).map((character) => BREAKS.includes(character));
      const at = breaks.lastIndexOf(true) + 1;
      const cut = at > width / 3 ? at : Math.max(fits, 1);
      lines.push(rest.slice(0, cut).join("").trimEnd());
      rest = rest.slice(cut);
      while (rest[0] === " ") rest = rest.slice(1);
    }
    return [...lines, rest.join("")];
  });
}

/** Two columns each, in terminals: East Asian wide and full-width characters and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Columns of a terminal that a text takes. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
