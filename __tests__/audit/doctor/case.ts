/** Something that somebody does by hand, and what is found of it. */
export interface Case {
  readonly name: string;
  /** As a superuser, in the database `shop`. */
  readonly make: string;
  /** Findings that must be there: code, and what it is about. */
  readonly finds: readonly string[];
  /** Takes the rest away, once the fixes that were printed have run. */
  readonly undo?: string;
  /** The fix is not SQL, or is tried elsewhere. */
  readonly byHand?: boolean;
  /** There is no such thing in earlier versions. */
  readonly from?: number;
}
