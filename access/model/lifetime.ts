import { formatSeconds } from "./duration";
import type { EdgeNode, IdentityNode } from "./graph";

/**
 * For how long, by three clocks, in seconds.
 *
 * Nothing of a pod that has ended outlives `token.max` and `lease.max`; while it runs, both are renewed or fetched anew.
 */
export interface Lifetime {
  /**
   * The Vault token: ends `ttl` after its agent last renewed it, and at `max` whatever happens. Absent where the
   * identity is declared elsewhere: its auth role says it.
   */
  readonly token?: Clock;
  /** The PostgreSQL login: refused `ttl` after it was last renewed, and at `max` whatever happens. Absent where nothing is leased. */
  readonly lease?: Clock;
  /** An open session: it is ended with its login, so it lives at most as long as the shorter of token and lease. */
  readonly session?: { readonly max: number };
  /**
   * For how long the Kubernetes token of a deleted pod can still log in to Vault. Absent where Vault asks the API
   * server, which refuses it at once.
   */
  readonly deletedPod?: { readonly max: number };
}

/** One clock of a lifetime. */
export interface Clock {
  readonly ttl: number;
  readonly max: number;
}

/** The clocks of an identity's logins to one database; of its token alone without an edge. */
export function lifetimeOf(
  identity: Pick<IdentityNode, "tokenTtl" | "tokenMaxTtl" | "external" | "deletedPodToken">,
  edge?: Pick<EdgeNode, "leaseTtl" | "leaseMaxTtl">,
): Lifetime {
  const token = identity.external ? undefined : { ttl: identity.tokenTtl, max: identity.tokenMaxTtl };
  const lease = edge && { ttl: edge.leaseTtl, max: edge.leaseMaxTtl };
  const session = lease && { max: Math.min(token?.max ?? lease.max, lease.max) };
  const { deletedPodToken: max } = identity;
  // One after the other: several spreads make V8 give each object a class of its own, and there is one for each edge.
  const known: { -readonly [K in keyof Lifetime]: Lifetime[K] } = {};
  if (token) known.token = token;
  if (lease) known.lease = lease;
  if (session) known.session = session;
  if (max !== undefined) known.deletedPod = { max };
  return known;
}

/** The clocks that bound either of two ways to the same thing: the longer of each. */
export function longest(a: Lifetime, b: Lifetime): Lifetime {
  const clock = (x?: Clock, y?: Clock): Clock | undefined =>
    x && y ? { ttl: Math.max(x.ttl, y.ttl), max: Math.max(x.max, y.max) } : (x ?? y);
  const token = clock(a.token, b.token);
  const lease = clock(a.lease, b.lease);
  const most = (x?: { readonly max: number }, y?: { readonly max: number }): { readonly max: number } | undefined =>
    x && y ? { max: Math.max(x.max, y.max) } : (x ?? y);
  const session = most(a.session, b.session);
  const deletedPod = most(a.deletedPod, b.deletedPod);
  return {
    ...(token && { token }),
    ...(lease && { lease }),
    ...(session && { session }),
    ...(deletedPod && { deletedPod }),
  };
}

/** The bounds that are known, by name: for comparison and for tables. */
export function bounds({ token, lease, session, deletedPod }: Lifetime): ReadonlyMap<ClockBound, number> {
  const known: [ClockBound, number | undefined][] = [
    ["token ttl", token?.ttl],
    ["token max", token?.max],
    ["lease ttl", lease?.ttl],
    ["lease max", lease?.max],
    ["session max", session?.max],
    // Where nothing is said of it the API server refuses it at once.
    ["deleted pod", deletedPod?.max ?? (token && 0)],
  ];
  return new Map(known.filter((entry): entry is [ClockBound, number] => entry[1] !== undefined));
}

/** A bound of a clock. */
export type ClockBound = "token ttl" | "token max" | "lease ttl" | "lease max" | "session max" | "deleted pod";

/** `token 1h/24h, lease 1h/24h, session 24h, deleted pod 10m`: token and lease as ttl and maximum. */
export function formatLifetime({ token, lease, session, deletedPod }: Lifetime): string {
  const pair = ({ ttl, max }: Clock): string => `${formatSeconds(ttl)}/${formatSeconds(max)}`;
  return [
    token ? `token ${pair(token)}` : "token set elsewhere",
    ...(lease ? [`lease ${pair(lease)}`] : []),
    ...(session ? [`session ${formatSeconds(session.max)}`] : []),
    ...(deletedPod ? [`deleted pod ${formatSeconds(deletedPod.max)}`] : []),
  ].join(", ");
}

/**
 * What is wrong with a time so short that nobody could renew it in time. The agent renews when two thirds of it have passed, and up to a
 * third of a fifth more (hashicorp/vault api, lifetime_watcher.go: calculateSleepDuration). Vault counts in whole seconds.
 */
export function tooShortProblem(seconds: number): string | undefined {
  const left = (seconds * 4) / 15;
  return left >= 1
    ? undefined
    : `is too short to be renewed: the agent asks when up to 11/15 of it have passed, and what is then left, ${Math.round(left * 1000)} ms, is less than the second in which Vault counts`;
}

/** How to put that right. */
export const TOO_SHORT_FIX = "give 4 seconds at the very least, and 10 or more for pools that are to lose no query";
