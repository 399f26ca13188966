import type { AccessObject, Provenance } from "./graph";
import type { ClockBound, Lifetime } from "./lifetime";
import type { UnclassifiedNode } from "./report";

/**
 * What a change does to access:
 * `broadened`, something is allowed that was not; `narrowed`, the reverse; `longer` and `shorter`, the same is allowed for another
 * time; `rewired`, the same is allowed for the same time by another path, or under other limits; `unclassified`, something
 * changed that the model does not explain.
 */
export type Verdict = "broadened" | "longer" | "unclassified" | "rewired" | "shorter" | "narrowed";

/** Verdicts in the order in which people should read them: what grows first. */
export const VERDICTS: readonly Verdict[] = ["broadened", "longer", "unclassified", "rewired", "shorter", "narrowed"];

/** What may be touched, with what is left out of it: `sales.wizard` except its column `email`. */
export interface Region {
  readonly object: GrantedObject;
  readonly except: readonly GrantedObject[];
}

/**
 * An object of the graph, or one of those that no GRANT names: `vault`, to log in to Vault; `owner`, to act as the role
 * of this name, which may do all that it owns; `wire`, the network between a pod and the database.
 */
export type GrantedObject =
  | AccessObject
  | { readonly kind: "vault" }
  | { readonly kind: "owner"; readonly name: string }
  | { readonly kind: "wire" };

/** One change of somebody's access to one database (or, without it, to Vault). */
export interface AccessChange {
  readonly verdict: Exclude<Verdict, "unclassified">;
  /** `cluster/namespace/serviceAccount`; `the network` for what whoever sits on the wire may do. */
  readonly who: string;
  /** Absent where no database is concerned. */
  readonly database?: DatabaseKey;
  /** Verbs as GRANT writes them; `LOGIN`, `ACT AS`, `READ IN TRANSIT` and `IMPERSONATE` for the objects that no GRANT names. */
  readonly privileges: readonly string[];
  /** Regions that got or lost all of these privileges, or whose time or path changed. */
  readonly on: readonly Region[];
  readonly before?: Side;
  readonly after?: Side;
  /** With `longer` and `shorter`: the bounds that moved that way, in seconds. */
  readonly clocks: readonly ClockChange[];
  /** With `rewired`: the links that differ. */
  readonly links: readonly LinkChange[];
}

/** One side of a change. */
export interface Side {
  readonly lifetime?: Lifetime;
  /** The statements that grant it. */
  readonly grantedBy: readonly Provenance[];
}

/** A database, whatever mount it is reached through. */
export interface DatabaseKey {
  readonly instance: string;
  readonly database: string;
}

export interface ClockChange {
  readonly clock: ClockBound;
  readonly before: number;
  readonly after: number;
}

export interface LinkChange {
  /** Such as `policy`, `database role` or `mount`. */
  readonly link: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Something that the model does not explain, and that was added, removed or changed. */
export interface UnclassifiedChange {
  readonly verdict: "unclassified";
  readonly change: "added" | "removed" | "changed";
  readonly before?: UnclassifiedNode;
  readonly after?: UnclassifiedNode;
}

/** What a pull request changes. */
export interface AccessDiff {
  readonly version: 1;
  /** The gravest verdict first; empty when nobody's access changes. */
  readonly verdicts: readonly Verdict[];
  readonly changes: readonly AccessChange[];
  readonly unclassified: readonly UnclassifiedChange[];
}

/** Whether the access grew, or cannot be shown not to have. */
export function grows(diff: AccessDiff): boolean {
  return diff.verdicts.some((verdict) => verdict === "broadened" || verdict === "longer" || verdict === "unclassified");
}
