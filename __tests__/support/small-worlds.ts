import * as fc from "fast-check";
import {
  AccessGraph,
  AccessObject,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  GrantNode,
  IdentityNode,
  namesOfDatabase,
} from "../../access/model/graph";
import { Privilege } from "../../access/model/privileges";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, UnclassifiedNode } from "../../access/report/report";

/**
 * Worlds so small that every point of them can be looked at: two identities, two databases, one of them behind two mounts,
 * two schemas, two tables, two columns.
 */
export const SCHEMAS = ["s", "r"];
export const TABLES = ["x", "y"];
export const COLUMNS = ["c", "d"];
export const OWNERS = ["o", "p"];
export const POLICIES = ["flags", "signing"];
export const WHO = ["eu/n/a", "eu/n/b"];
const MOUNTS = [
  { mountPath: "m1", instance: "main", database: "shop" },
  { mountPath: "m2", instance: "main", database: "shop" },
  { mountPath: "m3", instance: "main", database: "bills" },
];

const one = fc.constantFrom;
const seconds = one(60, 600, 3600);
const place = fc.record({ path: one("p1", "p2", "p3"), source: one("f:1", "f:2", undefined) });

const object: fc.Arbitrary<{ object: AccessObject; privilege: Privilege }> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ object: { kind: "database" } as const, privilege: "CONNECT" as const }) },
  {
    weight: 1,
    arbitrary: one(...SCHEMAS).map((schema) => ({ object: { kind: "schema", schema }, privilege: "USAGE" }) as const),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(one(...SCHEMAS), one(...TABLES, undefined), one("SELECT" as const, "UPDATE" as const, "DELETE" as const))
      .map(([schema, name, privilege]) => ({
        object: { kind: "table" as const, schema, ...(name !== undefined && { name }) },
        privilege,
      })),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(one(...SCHEMAS), one(...TABLES), one(...COLUMNS), one("SELECT" as const, "UPDATE" as const))
      .map(([schema, name, column, privilege]) => ({
        object: { kind: "column" as const, schema, name, column },
        privilege,
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(one("sequence" as const, "function" as const), one(...SCHEMAS), one("q", undefined))
      .map(([kind, schema, name]) => ({
        object: { kind, schema, ...(name !== undefined && { name }) },
        privilege: kind === "sequence" ? ("SELECT" as const) : ("EXECUTE" as const),
      })),
  },
);

const grant: fc.Arbitrary<GrantNode> = fc
  .tuple(object, fc.array(place, { minLength: 1, maxLength: 2 }))
  .map(([what, grantedBy]) => ({ ...what, grantedBy }));

const edge = fc
  .record({
    place,
    who: one(...WHO),
    mountPath: one(...MOUNTS.map((mount) => mount.mountPath)),
    groupRole: one("g1", "g2"),
    policy: one("leasehold_1", "leasehold_2"),
    actsAs: one(undefined, undefined, ...OWNERS),
    leaseTtl: seconds,
    leaseMaxTtl: seconds,
    connectionLimit: one(10, 20),
    maxLiveLeases: one(100, 200),
    grants: fc.array(grant, { maxLength: 6 }),
  })
  .map(({ place: where, who, ...more }): EdgeNode => ({
    ...where,
    ...more,
    identity: who,
    databaseRole: "r",
    schemaWideRole: "w",
  }));

const identity = (serviceAccount: string): fc.Arbitrary<IdentityNode> =>
  fc
    .record({
      place,
      authPath: one("k1", "k2"),
      audience: one("vault", "other"),
      tokenTtl: seconds,
      tokenMaxTtl: seconds,
      policies: fc.subarray(POLICIES),
      external: one(false, false, true),
      issuer: one(undefined, undefined, "https://i", "https://j"),
      issuerKeys: fc.subarray(["one", "two"], { minLength: 1 }),
      deletedPodToken: seconds,
    })
    .map(({ place: where, issuer, issuerKeys, deletedPodToken, ...more }) => ({
      ...where,
      ...more,
      ...(issuer && { tokenIssuer: issuer, issuerKeys, deletedPodToken }),
      key: { cluster: "eu", namespace: "n", serviceAccount },
      authRole: `n.${serviceAccount}`,
    }));

const databases: fc.Arbitrary<DatabaseNode[]> = fc
  .tuple(
    one("disable", "require", "verify-full"),
    one("disable", "verify-ca", "verify-full"),
    one(600, 3600),
    one(...OWNERS),
  )
  .map(([shop, bills, leaseCap, owner]) =>
    MOUNTS.map((mount) => ({
      ...mount,
      path: `d/${mount.mountPath}`,
      owner,
      ...namesOfDatabase(mount.database),
      majorVersion: 18,
      sslMode: mount.database === "shop" ? shop : bills,
      leaseCap,
      external: false,
    })),
  );

const delivery: fc.Arbitrary<DeliveryNode> = fc.record({
  path: one("w/1", "w/2"),
  workload: one("Deployment n/1", "Deployment n/2"),
  identity: one(...WHO),
  mountPath: one("m1", "m3"),
  file: one("a", "b"),
});

const unclassified: fc.Arbitrary<UnclassifiedNode> = fc.record({
  path: one("u/1", "u/2"),
  stack: one("s1", "s2"),
  block: fc.constant("resource" as const),
  type: one("vault_policy", "helm_release"),
  name: one("n1", "n2"),
  reason: one("raw" as const, "setting" as const),
  digest: one("d1", "d2"),
});

/** Terraform addresses are unique in their stack, and so are edges in an identity and mount. */
const uniqueBy = <T>(key: (item: T) => string): { selector: (item: T) => string } => ({ selector: key });

export const smallGraph: fc.Arbitrary<AccessGraph> = fc
  .tuple(
    identity("a"),
    identity("b"),
    databases,
    fc.uniqueArray(edge, { ...uniqueBy((e: EdgeNode) => e.identity + e.mountPath), maxLength: 4 }),
    fc.array(delivery, { maxLength: 2 }),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([a, b, nodes, edges, deliveries, known]) => ({
    identities: [a, b].slice(0, known === 0 ? 1 : 2),
    databases: nodes,
    edges,
    deliveries,
  }));

export const smallReport: fc.Arbitrary<AccessReport> = fc
  .tuple(
    smallGraph,
    fc.uniqueArray(unclassified, { ...uniqueBy((u: UnclassifiedNode) => u.stack + u.type + u.name), maxLength: 4 }),
  )
  .map(([graph, rest]) => ({
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph,
    unclassified: rest,
    notJudged: [],
  }));

/** Two reports, of which the second is mostly the first: real changes are small. */
export const reportPair: fc.Arbitrary<[AccessReport, AccessReport]> = fc
  .tuple(smallReport, smallReport, fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 24, maxLength: 24 }))
  .map(([before, other, dice]) => {
    let throws = 0;
    const pick = <T>(was: T, is: T): T => (dice[throws++ % dice.length] < 8 ? was : is);
    const mix = <T>(was: readonly T[], is: readonly T[], key: (item: T) => string): T[] => {
      const keys = [...new Set([...was, ...is].map(key))];
      return keys.flatMap((k) => pick(was, is).filter((item) => key(item) === k));
    };
    const [g, h] = [before.graph, other.graph];
    return [
      before,
      {
        ...before,
        graph: {
          identities: mix(g.identities, h.identities, (i) => i.key.serviceAccount),
          databases: pick(g.databases, h.databases),
          edges: mix(g.edges, h.edges, (e) => e.identity + e.mountPath).map((now) => {
            const twin = h.edges.find((e) => e.identity === now.identity && e.mountPath === now.mountPath) ?? now;
            return {
              ...now,
              leaseTtl: pick(now.leaseTtl, twin.leaseTtl),
              grants: mix(now.grants, twin.grants, (x) => JSON.stringify([x.object, x.privilege])),
            };
          }),
          deliveries: pick(g.deliveries, h.deliveries),
        },
        unclassified: mix(before.unclassified, other.unclassified, (u) => u.stack + u.type + u.name),
      },
    ];
  });
