import type { AccessChange, AccessDiff, UnclassifiedChange } from "../../access/diff/diff";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, UnclassifiedNode } from "../../access/report/report";
import { database, delivery, edge, graphOf, identity } from "../support/graph";

export function unclassifiedNode(more: Partial<UnclassifiedNode> = {}): UnclassifiedNode {
  return {
    stack: "vault-config",
    block: "resource",
    type: "vault_policy",
    name: "admin",
    reason: "raw",
    digest: "ab".repeat(32),
    path: "vault-config/admin",
    source: "main.ts:90",
    ...more,
  };
}

export function reportOf(more: Partial<AccessReport> = {}): AccessReport {
  return {
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: graphOf({}),
    unclassified: [],
    notJudged: [],
    ...more,
  };
}

/** A small program with one of everything. */
export const SAMPLE: AccessReport = reportOf({
  graph: graphOf({
    identities: [
      identity("idle"),
      identity("migrator", { tokenTtl: 600, tokenMaxTtl: 600 }),
      identity("web", { policies: ["feature-flags"] }),
      identity("erp", { external: true }),
    ],
    databases: [database("shop"), database("ledger", { sslMode: "require" })],
    edges: [
      edge("web", "shop", [
        { object: { kind: "database" }, privilege: "CONNECT" },
        { object: { kind: "schema", schema: "sales" }, privilege: "USAGE" },
        { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "UPDATE" },
        { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" },
        { object: { kind: "column", schema: "sales", name: "customer", column: "name" }, privilege: "SELECT" },
        { object: { kind: "column", schema: "sales", name: "customer", column: "country" }, privilege: "SELECT" },
        { object: { kind: "table", schema: "staff" }, privilege: "SELECT" },
        { object: { kind: "function", schema: "sales", name: "turnover(integer)" }, privilege: "EXECUTE" },
      ]),
      edge("migrator", "shop", [], { actsAs: "shop_owner", leaseTtl: 600, leaseMaxTtl: 600, databaseRole: "migrate" }),
      edge("erp", "ledger", [{ object: { kind: "table", schema: "s", name: "odd.name" }, privilege: "INSERT" }]),
    ],
    deliveries: [delivery("web", "shop")],
  }),
  unclassified: [
    unclassifiedNode(),
    unclassifiedNode({ stack: "platform", type: "helm_release", name: "vault", reason: "setting", path: "platform/v" }),
  ],
  notJudged: [{ provider: "aws", count: 3 }],
});

const SHOP = { instance: "main", database: "shop" };
const DAY = { token: { ttl: 3600, max: 86400 }, lease: { ttl: 3600, max: 86400 }, session: { max: 86400 } };
const at = (source: string): AccessChange["after"] => ({
  lifetime: DAY,
  grantedBy: [{ path: "access-shop/shop/web", source }],
});

export function change(more: Partial<AccessChange> = {}): AccessChange {
  return {
    verdict: "broadened",
    who: "eu/shop/web",
    database: SHOP,
    privileges: ["SELECT"],
    on: [{ object: { kind: "table", schema: "sales", name: "orders" }, except: [] }],
    after: at("shop.ts:118"),
    clocks: [],
    links: [],
    ...more,
  };
}

export function unclassifiedChange(more: Partial<UnclassifiedChange> = {}): UnclassifiedChange {
  return { verdict: "unclassified", change: "added", after: unclassifiedNode(), ...more };
}

export function diffOf(changes: readonly AccessChange[], unclassified: readonly UnclassifiedChange[] = []): AccessDiff {
  const order = ["broadened", "longer", "unclassified", "rewired", "shorter", "narrowed"] as const;
  const found = new Set([...changes, ...unclassified].map(({ verdict }) => verdict));
  return { version: 1, verdicts: order.filter((verdict) => found.has(verdict)), changes, unclassified };
}

/** One change of every kind, in the order in which a diff has them. */
export const CHANGES: AccessDiff = diffOf(
  [
    change({
      privileges: ["CONNECT"],
      on: [{ object: { kind: "database" }, except: [] }],
    }),
    change({
      privileges: ["SELECT", "INSERT"],
      on: [
        {
          object: { kind: "table", schema: "sales", name: "customer" },
          except: [
            { kind: "column", schema: "sales", name: "customer", column: "card" },
            { kind: "column", schema: "sales", name: "customer", column: "email" },
          ],
        },
      ],
    }),
    change({
      verdict: "longer",
      privileges: [],
      on: [],
      before: at("shop.ts:60"),
      clocks: [{ clock: "lease max", before: 3600, after: 86400 }],
    }),
    change({
      verdict: "rewired",
      privileges: [],
      on: [],
      before: at("shop.ts:60"),
      links: [{ link: "policy", before: ["old"], after: ["new"] }],
    }),
    change({
      verdict: "narrowed",
      who: "eu/shop/api",
      on: [
        {
          object: { kind: "table", schema: "staff" },
          except: [{ kind: "table", schema: "staff", name: "badge" }],
        },
      ],
      before: at("shop.ts:121"),
      after: undefined,
    }),
  ],
  [unclassifiedChange({ change: "changed", before: unclassifiedNode({ digest: "cd".repeat(32) }) })],
);
