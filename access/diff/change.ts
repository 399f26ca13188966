import type { Provenance } from "../model/graph";
import type { ClockBound, Lifetime } from "../model/lifetime";
import type { DatabaseKey, GrantedPrivilege } from "./granted-object";
import type { PathLink } from "./path";
import type { Region } from "./regions";

/**
 * What a change does to access:
 * `broadened`, something is allowed that was not; `narrowed`, the reverse; `longer` and `shorter`, the same is allowed for another
 * time; `rewired`, the same is allowed for the same time by another path, or under other limits; `unclassified`, something
 * changed that the model does not explain.
 */
export type Verdict = "broadened" | "longer" | "unclassified" | "rewired" | "shorter" | "narrowed";

/** Verdicts in the order in which people should read them: what grows first. */
export const VERDICTS: readonly Verdict[] = ["broadened", "longer", "unclassified", "rewired", "shorter", "narrowed"];

/** One change of somebody's access to one database (or, without it, to Vault). */
export interface AccessChange {
  readonly verdict: Exclude<Verdict, "unclassified">;
  /**
   * `cluster/namespace/serviceAccount`; `the network` for what whoever sits on the wire may do; a workload, such as
   * `Deployment eu/shop/web`, for the identity that it runs as; Vault, or a mount of it such as `mount database/main/shop`, for how long the logins
   * that it issues may live.
   */
  readonly who: string;
  /** Absent where no database is concerned. */
  readonly database?: DatabaseKey;
  /**
   * What was won or lost, or has another time or path. With `longer`, `shorter` and `rewired` it is empty when that is so
   * for all that the identity may do there before and after.
   */
  readonly privileges: readonly GrantedPrivilege[];
  /** On what: each region with all of the privileges. Empty together with them. */
  readonly on: readonly Region[];
  readonly before?: Side;
  readonly after?: Side;
  /** With `longer` and `shorter`: the bounds that moved that way, in seconds. */
  readonly clocks: readonly ClockChange[];
  /**
   * With `rewired`: the links that differ. With `broadened` and `narrowed` of what is held before and after: those by which
   * others come in, or other objects are reached.
   */
  readonly links: readonly LinkChange[];
}

/** One side of a change. */
export interface Side {
  /** How long each of the clocks runs; none of them for the network. */
  readonly lifetime: Lifetime;
  /** The statements that grant it. */
  readonly grantedBy: readonly Provenance[];
  /**
   * Where a clock or a link differs: the statements that set it, which are the identity's of the token and the auth role, and of the rest
   * those that first named the identity in the database.
   */
  readonly setBy?: readonly Provenance[];
}

export interface ClockChange {
  /** `lease cap`: the longest that a mount lets any login live. */
  readonly clock: ClockBound | "lease cap";
  readonly before: number;
  readonly after: number;
}

export interface LinkChange {
  readonly link: PathLink;
  readonly before: readonly string[];
  readonly after: readonly string[];
}
