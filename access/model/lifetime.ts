import { formatSeconds } from "./duration";
import type { EdgeNode, IdentityNode } from "./graph";

/**
 * For how long, by three clocks, in seconds.
 *
 * Nothing of a pod that has ended outlives `token.max` and `lease.max`; while it runs, both are renewed or fetched anew.
 */
export interface Lifetime {
  /**
   * The Vault token: ends `ttl` after its agent last renewed it, and at `max` whatever happens. Absent of an identity that
   * is declared elsewhere: its auth role says it.
   */
  readonly token?: Clock;
  /** The PostgreSQL login: refused `ttl` after it was last renewed, and at `max` whatever happens. Absent where nothing is leased. */
  readonly lease?: Clock;
  /** An open session: it is ended with its login, so it lives at most as long as the shorter of token and lease. */
  readonly session?: { readonly max: number };
}

/** One clock of a lifetime. */
export interface Clock {
  readonly ttl: number;
  readonly max: number;
}

/** The clocks of an identity's logins to one database; of its token alone without an edge. */
export function lifetimeOf(
  identity: Pick<IdentityNode, "tokenTtl" | "tokenMaxTtl" | "external">,
  edge?: Pick<EdgeNode, "leaseTtl" | "leaseMaxTtl">,
): Lifetime {
  const token = identity.external ? undefined : { ttl: identity.tokenTtl, max: identity.tokenMaxTtl };
  const lease = edge && { ttl: edge.leaseTtl, max: edge.leaseMaxTtl };
  const session = lease && { max: Math.min(token?.max ?? lease.max, lease.max) };
  return { ...(token && { token }), ...(lease && { lease }), ...(session && { session }) };
}

/** The clocks that bound either of two ways to the same thing: the longer of each. */
export function longest(a: Lifetime, b: Lifetime): Lifetime {
  const clock = (x?: Clock, y?: Clock): Clock | undefined =>
    x && y ? { ttl: Math.max(x.ttl, y.ttl), max: Math.max(x.max, y.max) } : (x ?? y);
  const token = clock(a.token, b.token);
  const lease = clock(a.lease, b.lease);
  const session = a.session && b.session ? { max: Math.max(a.session.max, b.session.max) } : (a.session ?? b.session);
  return { ...(token && { token }), ...(lease && { lease }), ...(session && { session }) };
}

/** The bounds that are known, by name: for comparison and for tables. */
export function bounds({ token, lease, session }: Lifetime): ReadonlyMap<ClockBound, number> {
  const known: [ClockBound, number | undefined][] = [
    ["token ttl", token?.ttl],
    ["token max", token?.max],
    ["lease ttl", lease?.ttl],
    ["lease max", lease?.max],
    ["session max", session?.max],
  ];
  return new Map(known.filter((entry): entry is [ClockBound, number] => entry[1] !== undefined));
}

/** A bound of a clock. */
export type ClockBound = "token ttl" | "token max" | "lease ttl" | "lease max" | "session max";

/** `token 1h/24h, lease 1h/24h, session 24h`: token and lease as ttl and maximum. */
export function formatLifetime({ token, lease, session }: Lifetime): string {
  const pair = ({ ttl, max }: Clock): string => `${formatSeconds(ttl)}/${formatSeconds(max)}`;
  return [
    token ? `token ${pair(token)}` : "token set elsewhere",
    ...(lease ? [`lease ${pair(lease)}`] : []),
    ...(session ? [`session ${formatSeconds(session.max)}`] : []),
  ].join(", ");
}
