import type { AccessChange, Verdict } from "../../access/diff/diff";
import type { GrantedObject, GrantedPrivilege } from "../../access/diff/granted-object";
import type { DatabaseNode, DeliveryNode, EdgeNode, IdentityNode, Provenance } from "../../access/model/graph";
import type { NotJudged, UnclassifiedNode } from "../../access/report/report";

/**
 * What the page shows, as plain data. Every verdict is decided here, and every name is written here in characters that
 * can be seen. The script of the page only filters, draws and makes sentences; it never gets a name as it was given.
 */
export interface Explorer<R = Row> {
  /** What the report is of: program, environment, commit. */
  readonly about?: string;
  /** Whether there was a report to compare with. */
  readonly compared: boolean;
  readonly verdicts: readonly Verdict[];
  readonly rows: readonly R[];
  readonly changes: readonly Change[];
  readonly unclassified: readonly Block[];
  readonly notJudged: readonly NotJudged[];
  /** What verbs mean that not every reader knows, of those that occur. */
  readonly meanings: Readonly<Record<string, string>>;
  /** To each server, how many connections may be opened and how many it takes, with the sum. */
  readonly connections: readonly { readonly server: string; readonly sum: string; readonly parts: readonly string[] }[];
  /** What PUBLIC and the owners could do where Leasehold did not make the database, and on which day: a sentence each. */
  readonly lookedUp: readonly string[];
  readonly counts: { readonly workloads: number; readonly databases: number };
}

/** What one identity may do with one object, or with some columns of it, by one path. */
export interface Row {
  /** `cluster/namespace/serviceAccount`, or `the network`. */
  readonly who: string;
  readonly identity?: IdentityNode;
  readonly edge?: Omit<EdgeNode, "grants">;
  readonly database?: Omit<DatabaseNode, "knownRights">;
  /** The database as people call it; `""` without one. */
  readonly db: string;
  readonly kind: GrantedObject["kind"] | "elsewhere";
  readonly schema?: string;
  /** All objects of the kind in the schema, those to come included. */
  readonly wide: boolean;
  /** The object without its database: `sales.wizard`. */
  readonly on: string;
  /** The same with it, by which objects are told apart: `shop.sales.wizard`. */
  readonly object: string;
  /** Some columns only; empty for the whole. */
  readonly columns: readonly string[];
  readonly verbs: readonly Verb[];
  readonly clocks: readonly Clock[];
  readonly deliveries: readonly DeliveryNode[];
  /** Workloads whose pods have its ServiceAccount, with a credential or without. */
  readonly runners: readonly Runner[];
  /** It is not so any more. */
  readonly gone: boolean;
  /** Reaches no data by itself, and other rows say the same: shown only when somebody asks for it. */
  readonly quiet: boolean;
}

/** A workload that runs as an identity: `Deployment eu/shop/web`. */
export interface Runner extends Provenance {
  readonly name: string;
}

/** One privilege of a row. */
export interface Verb {
  readonly verb: GrantedPrivilege;
  readonly by: readonly Provenance[];
  /** Places in `changes`. */
  readonly changes: readonly number[];
  readonly gone: boolean;
}

/** One of the clocks. */
export interface Clock {
  readonly clock: "token" | "lease" | "session" | "deleted pod";
  readonly ttl?: string;
  readonly max: string;
}

/** One entry of the diff. */
export interface Change {
  readonly verdict: AccessChange["verdict"];
  readonly who: string;
  readonly db: string;
  /** What is concerned: `SELECT on sales.wizard`; `""` for all that the identity may do there. */
  readonly what: string;
  /** What moved: `lease max: 1h → 24h`. */
  readonly details: readonly string[];
  readonly links: readonly string[];
  readonly clocks: readonly string[];
  readonly before: readonly Provenance[];
  readonly after: readonly Provenance[];
}

/** Something that the picture does not cover. */
export interface Block extends Omit<UnclassifiedNode, "digest"> {
  readonly change?: "added" | "removed" | "changed";
}
