/**
 * What GitHub takes as a comment, less some room for what others put around it. Its message names 65,536 characters; comments of 262,144
 * bytes were accepted as well. This counts bytes of UTF-8, of which no text has fewer than characters: so it is right however a forge counts.
 */
export const COMMENT_BUDGET = 60_000;

/** The verdict, what was left out and why always fit into this. */
export const LEAST_BUDGET = 2_000;

/** Size of a text as it is counted here. */
export function size(text: string): number {
  return Buffer.byteLength(text);
}

/**
 * How many of the pieces fit, from the first one on, and how much room is left. It stops at the first that does not
 * fit. A smaller one after it matters less, and must not be shown where one that matters more is missing.
 */
export function take(pieces: readonly string[], room: number): { readonly count: number; readonly left: number } {
  let left = room;
  let count = 0;
  for (const piece of pieces) {
    const needed = size(piece) + 1;
    if (needed > left) break;
    left -= needed;
    count += 1;
  }
  return { count, left };
}
