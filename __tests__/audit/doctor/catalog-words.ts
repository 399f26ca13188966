/** SQL that a superuser runs in the world of effective/world.ts, and the finding; `:login` is a live login of web. */
export interface Try {
  readonly make: string;
  /** Code and object of a finding that must be there, or their beginning. */
  readonly finds: string;
  /** Later versions only. */
  readonly from?: number;
  /** Earlier versions only. */
  readonly until?: number;
}

export interface Catalog {
  /** By check, the file that reads it: each column with a try. */
  readonly read?: Readonly<Record<string, Readonly<Record<string, Try>>>>;
  /** Columns that bear on access and that no login without rights can see: words of a sentence that doctor says in each run. */
  readonly said?: Readonly<Record<string, string>>;
  /** Columns that do not bear on access: why, and which, with spaces between them. */
  readonly not?: Readonly<Record<string, string>>;
}

export const at = (make: string, finds: string, from?: number, until?: number): Try => ({
  make,
  finds,
  ...(from !== undefined && { from }),
  ...(until !== undefined && { until }),
});

/** Columns that one change shows to be read. @param columns with spaces between them */
export const alike = (columns: string, make: string, finds: string): Record<string, Try> =>
  Object.fromEntries(columns.split(" ").map((column) => [column, at(make, finds)]));

export const EVIL = "CREATE ROLE evil LOGIN; ";
export const WHERE = "says what the row belongs to or is called; who owns it or is named in its list is read";
export const STORAGE = "how it is stored, planned or counted";
export const WHAT_IT_DOES = "what functions, triggers, views and policies of row-level security do";

export const owned = (make: string): Record<string, Try> => ({ "": at(EVIL + make, "stranger role evil") });
export const ownerOf = (column: string, make: string): Record<string, Try> => ({ [column]: owned(make)[""] });
