/** Tables for a terminal. Cells are plain text that words.ts made safe before; a cell may have several lines. */

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
/** No column is made narrower than this to make room: below it, a table is harder to read than a list. */
const NARROWEST = 10;
/** What of a row stands on its second line and below is indented by this much more. */
const DEEPER = 4;
/** A row that would take more lines of columns than this is easier to read as a list. */
const MOST_LINES = 3;

/**
 * Columns as wide as their widest cell. Where that is more than the terminal has, long cells are wrapped between words, or a row goes
 * on in columns of a second line: whatever takes fewer lines. Where even that does not do, each row is a list of `title: cell`.
 *
 * Names and paths are never broken: people copy them, and search for them. One that is longer than the terminal is wide stands alone
 * on its line, and the terminal goes on with it where its lines end.
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
  const { width } = options;
  if (width === undefined) return inColumns(header, rows, [group(natural, 0)], options.paint);
  const unbroken = widest(longestWord).map((least, column) => Math.max(least, Math.min(natural[column], NARROWEST)));
  // Ends of the first line of columns: all of them on it, or the others on a second; else as full as can be.
  const ends = header.map((_, column) => header.length - column);
  const whole = ends.flatMap((end) => split(natural, unbroken, width, end) ?? []);
  const layouts = whole.length > 0 ? whole : (split(natural, unbroken, width) ?? []);
  const texts = layouts.map((groups) => inColumns(header, rows, groups, options.paint));
  if (texts.length === 0) return list(header, rows, { ...options, width });
  const height = (text: string): number => text.split("\n").length;
  const lowest = texts.reduce((best, text) => (height(text) < height(best) ? text : best));
  // One line of columns is read at a glance: it may be higher by a quarter.
  return layouts[0].length === 1 && height(texts[0]) * 4 <= height(lowest) * 5 ? texts[0] : lowest;
}

/** Columns that stand side by side, and how wide they are. */
interface Group {
  readonly first: number;
  readonly widths: readonly number[];
}

function group(widths: readonly number[], first: number): Group {
  return { first, widths };
}

/**
 * Columns on lines: on the first those before `end`, on each further one as many as find room without breaking a word.
 * @returns one layout; undefined when a word would have to be broken, or a row would take too many lines
 */
function split(
  natural: readonly number[],
  unbroken: readonly number[],
  width: number,
  end?: number,
): Group[][] | undefined {
  const groups: Group[] = [];
  for (let first = 0; first < natural.length;) {
    const room = width - (first === 0 ? 0 : DEEPER);
    const most = first === 0 ? (end ?? natural.length) : natural.length;
    let next = first;
    for (let used = 0; next < most && used + GAP + unbroken[next] <= room; next += 1) used += GAP + unbroken[next];
    const widths = fit(natural.slice(first, next), unbroken.slice(first, next), room - GAP * (next - first));
    if (next === first || (first === 0 && end !== undefined && next < end) || widths === undefined) return undefined;
    groups.push(group(widths, first));
    if (groups.length > (end === undefined ? MOST_LINES : 2)) return undefined;
    first = next;
  }
  return [groups];
}

function inColumns(
  header: readonly string[],
  rows: readonly TableRow[],
  groups: readonly Group[],
  { dim }: Paint,
): string {
  const line = (cells: readonly string[], colour: (text: string) => string): string[] =>
    groups.flatMap(({ first, widths }, index) => {
      const wrapped = widths.map((width, column) => wrap(cells[first + column], width));
      const height = Math.max(...wrapped.map((lines) => lines.length));
      const indent = " ".repeat(GAP + (index === 0 ? 0 : DEEPER));
      return Array.from({ length: height }, (_, at) => {
        const texts = wrapped.map((lines, column) => pad(lines[at] ?? "", widths[column]));
        return `${indent}${colour(texts.join(" ".repeat(GAP)).trimEnd())}`;
      }).filter((text) => text.trim() !== "");
    });
  return [...line(header, dim), ...rows.flatMap((row) => line(row.cells, row.paint ?? ((text) => text)))].join("\n");
}

function list(
  header: readonly string[],
  rows: readonly TableRow[],
  { width, paint: { dim } }: { readonly width: number; readonly paint: Paint },
): string {
  const titles = Math.max(...header.map(textWidth)) + 1;
  const room = Math.max(width - GAP - titles - 1, NARROWEST);
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

/** Widths that fit into the room, taken from the widest columns first. Undefined when a word would have to be broken. */
function fit(natural: readonly number[], unbroken: readonly number[], room: number): number[] | undefined {
  const widths = [...natural];
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const spare = widths.map((width, column) => (width > unbroken[column] ? width : 0));
    const widest = Math.max(...spare);
    if (widest === 0) return undefined;
    widths[spare.indexOf(widest)] -= 1;
    over -= 1;
  }
  return widths;
}

/** Text without a space: a name, a path, a word. A quoted identifier of PostgreSQL, of 63 bytes at most, may hold spaces. */
const WORD = /(?:"[^"]{0,63}"|\S)+/gu;

function longestWord(cell: string): number {
  return Math.max(0, ...cell.split("\n").flatMap((line) => (line.match(WORD) ?? []).map(textWidth)));
}

function cellWidth(cell: string): number {
  return Math.max(...cell.split("\n").map(textWidth));
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

/** Names, and beside each what it is: for help. */
export function hangingColumns(rows: readonly (readonly [string, string])[], width: number | undefined): string {
  const left = Math.max(...rows.map(([first]) => textWidth(first)));
  const indent = " ".repeat(GAP + left + GAP);
  return rows
    .flatMap(([first, second]) => {
      const lines = width === undefined ? [second] : wrap(second, Math.max(width - indent.length, NARROWEST));
      return lines.map((line, index) =>
        index === 0 ? `${" ".repeat(GAP)}${pad(first, left)}${" ".repeat(GAP)}${line}` : `${indent}${line}`,
      );
    })
    .join("\n");
}

/** A paragraph in lines of at most this width. */
export function paragraph(text: string, width: number | undefined): string {
  return width === undefined ? text : wrap(text, Math.max(width, NARROWEST)).join("\n");
}

/** Lines of at most this width, broken between words only: a longer word has a line of its own. */
function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    if (textWidth(line) <= width) return [line];
    const lines: string[] = [];
    let end = 0;
    for (const { 0: word, index } of line.matchAll(WORD)) {
      const before = line.slice(end, index);
      const last = lines.at(-1);
      if (last !== undefined && textWidth(last + before + word) <= width)
        lines[lines.length - 1] = last + before + word;
      // The indent of the first word is part of the text.
      else lines.push(last === undefined ? before + word : word);
      end = index + word.length;
    }
    return lines;
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
