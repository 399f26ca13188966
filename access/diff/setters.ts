import { Provenance } from "../model/graph";
import type { AtomicGrant } from "./atomic-grants";
import type { ClockChange, Side } from "./change";
import { ComparedPart, Held, unique } from "./compared";
import type { Happened } from "./happened";
import type { PathLink } from "./path";

/** What of the graph a clock or a link is a field of. */
type Setter = "identity" | "edge" | "database";

const LINKS_OF: Readonly<Partial<Record<PathLink, Setter>>> = {
  "auth method": "identity",
  "auth role": "identity",
  audience: "identity",
  "token keys": "identity",
  "auth role is made": "identity",
  mount: "database",
  connection: "database",
  "Vault's login": "database",
  owner: "database",
  "estate role": "database",
};

export function setters({ before, after, clocks, links }: Omit<Happened, "verdict">): ReadonlySet<Setter> {
  // A session follows from the other two: it is named alone only where both of them are.
  const own = clocks.filter(({ clock }) => clock !== "session max");
  const setter = (change: ClockChange): Setter => {
    if (change.clock.startsWith("token") || change.clock === "deleted pod") return "identity";
    // A lease that is as long as its database allows, before and after, changed with the database's cap.
    const capped = change.clock === "lease max" && isCap(before, change.before) && isCap(after, change.after);
    return capped ? "database" : "edge";
  };
  return new Set([...own.map(setter), ...links.map(({ link }) => LINKS_OF[link] ?? "edge")]);
}

function isCap(held: Held | undefined, seconds: number): boolean {
  return held !== undefined && held.ways.every(({ nodes }) => nodes.database?.leaseCap === seconds);
}

export function side(parts: readonly ComparedPart[], which: "before" | "after", set: ReadonlySet<Setter>): Side {
  const held = parts.flatMap((part) => part[which] ?? []);
  const nodes = new Set(held.flatMap(({ ways }) => ways.flatMap((way) => nodesOf(way, set))));
  const setBy = unique([...nodes].map(({ path, source }) => (source === undefined ? { path } : { path, source })));
  return {
    lifetime: held[0].lifetime,
    grantedBy: unique(held.flatMap(({ grantedBy }) => grantedBy)),
    ...(setBy.length > 0 && { setBy }),
  };
}

function nodesOf({ nodes }: AtomicGrant, set: ReadonlySet<Setter>): Provenance[] {
  return (["identity", "edge", "database"] as const).flatMap((name) => (set.has(name) ? (nodes[name] ?? []) : []));
}
