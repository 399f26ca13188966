import type { Rows, Words } from "./words";

/** A table with its title, for a terminal or for Markdown. */
export interface Section {
  readonly title?: string;
  /** What the reader should know first. */
  readonly note?: string;
  /** Whom or what the table is about. */
  readonly about?: Words;
  readonly header: readonly string[];
  readonly rows: Rows;
  /** Of little weight: folded where that is possible. */
  readonly folded?: boolean;
}
