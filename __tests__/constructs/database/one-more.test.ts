import type { App } from "cdktf";
import type { Construct } from "constructs";
import { join } from "node:path";
import {
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  ExternalWorkload,
  InjectedCronJob,
  InjectedDaemonSet,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
  KubernetesAuth,
  Migrations,
  VaultPath,
  VaultPolicy,
  WorkloadIdentity,
  WorkloadIdentityProps,
} from "../../../constructs";
import { sandbox } from "../../../examples/shop/environments";
import { shop } from "../../../examples/shop/shop";
import type { PlatformStack } from "../../../stacks";
import { Block, Synthesized, synthesize } from "../../support/program";
import { World } from "../../support/world";

/** A program of these workloads: each reads a table, a column, a whole schema, and has a Deployment. */
function programOf(names: readonly string[], migration: boolean): Synthesized {
  return synthesize((app: App) => {
    const world = new World(app);
    void world.cluster;
    const { db } = world;
    if (migration)
      new DatabaseMigration(db, "migration", {
        identity: world.identity("migrator"),
        migrations: Migrations.fromFolder(join(process.cwd(), "examples/shop/sql/shop")),
      });
    for (const name of names) {
      const who = world.identity(name);
      db.schema("sales").table("orders").grants.readWrite(who);
      db.schema("sales").table("customer").columns("id").grants.read(who);
      db.schema("staff").allTables().grants.read(who);
      world.deployment(who, [Credential.uri(db)]);
    }
  });
}

type Resources = ReadonlyMap<string, Block>;

function everything(stacks: Synthesized): Resources {
  return new Map(
    Object.values(stacks).flatMap(({ name, all }) => [...all].map(([at, block]) => [`${name}.${at}`, block] as const)),
  );
}

/** What a plan shows of a resource: the order in which resources are made is not part of it. */
const planned = (resources: Resources): Record<string, Block> =>
  Object.fromEntries([...resources].map(([at, { depends_on: _, ...block }]) => [at, block]));

describe.each([
  ["some workloads", ["api", "web"], "jobs"],
  ["many", Array.from({ length: 12 }, (_, n) => `w${n}`), "w5a"],
  ["none", [], "web"],
])("one more workload beside %s", (_, names, added) => {
  test.each([true, false])("plans its own resources and nothing else (with a migration: %p)", (migration) => {
    const before = everything(programOf(names, migration));
    const stacks = programOf([...names, added], migration);
    const after = everything(stacks);
    const fresh = [...after.keys()].filter((at) => !before.has(at));
    expect(fresh.length).toBeGreaterThan(10);
    for (const at of fresh) expect(at).toContain(added);
    const kept = planned(new Map([...after].filter(([at]) => before.has(at))));
    expect(kept).toEqual(planned(before));
    // The order changes in as few places: one of the lease functions waits for the registration.
    const order = (at: string, all: Resources): string => JSON.stringify(all.get(at)?.depends_on ?? []);
    const reordered = [...before.keys()].filter((at) => order(at, before) !== order(at, after));
    expect(reordered.filter((at) => at.includes("postgresql_function"))).toEqual([
      expect.stringMatching(/postgresql_function\..*_issue_/),
    ]);
    // Nor a provider, an output, or anything else that a stack holds.
    for (const { json } of Object.values(stacks)) {
      const rest = Object.keys(json).filter(
        (key) => !["//", "resource", "terraform", "provider", "ephemeral"].includes(key),
      );
      expect(JSON.stringify(rest.map((key) => json[key]))).not.toContain(added);
    }
  });
});

/** The parts of the shop that a new workload is added to. */
function partsOf(app: App) {
  const at = <T>(path: string): T =>
    path.split("/").reduce((node, id) => node.node.findChild(id), app as Construct) as unknown as T;
  const config = at<Construct>("vault-config");
  const eu = at<KubernetesAuth>("vault-config/eu");
  const db = at<DatabaseAccess>("access-shop/shop");
  const { vault } = at<PlatformStack>("platform");
  return {
    ...{ config, eu, db, vault, workloads: at<Construct>("workloads"), sales: db.schema("sales") },
    billing: at<DatabaseAccess>("access-billing/billing"),
    identity: (props: Partial<WorkloadIdentityProps> = {}) =>
      new WorkloadIdentity(config, "new", { cluster: eu, namespace: "shop", ...props }),
    /** What every kind of workload is made from. */
    pods: (identity: WorkloadIdentity, of = db) => ({
      ...{ identity, vault, credentials: [Credential.uri(of)] },
      containers: [{ name: "new", image: "registry.example.com/new:1.0.0" }],
    }),
  };
}

type Shop = ReturnType<typeof partsOf>;

const ADDED: Readonly<Record<string, (shop: Shop) => unknown>> = {
  "a Deployment that reads a table of others": (x) => {
    const who = x.identity();
    x.sales.table("wizard").grants.read(who);
    return new InjectedDeployment(x.workloads, "new", x.pods(who));
  },
  "a StatefulSet that writes to a table of others": (x) => {
    const who = x.identity();
    x.sales.table("orders").grants.readWrite(who);
    return new InjectedStatefulSet(x.workloads, "new", x.pods(who));
  },
  "a DaemonSet with columns that others have, and one more": (x) => {
    const who = x.identity();
    x.sales.table("customer").columns("id", "email").grants.read(who);
    return new InjectedDaemonSet(x.workloads, "new", x.pods(who));
  },
  "a Job with a sequence and a function of others": (x) => {
    const who = x.identity();
    x.sales.sequence("order_number").grants.use(who);
    x.sales.function("turnover").grants.execute(who);
    return new InjectedJob(x.workloads, "new", x.pods(who));
  },
  "a CronJob with all tables, also of a schema that nobody had": (x) => {
    const who = x.identity();
    for (const schema of ["staff", "sales", "fresh"]) x.db.schema(schema).allTables().grants.read(who);
    return new InjectedCronJob(x.workloads, "new", { ...x.pods(who), schedule: "0 3 * * *" });
  },
  "a Deployment with times of its own, on an existing server": (x) => {
    const who = x.identity({ lease: { ttl: Duration.minutes(30), maxTtl: Duration.hours(12) } });
    x.billing.schema("billing").table("invoice").grants.read(who);
    return new InjectedDeployment(x.workloads, "new", x.pods(who, x.billing));
  },
  "an external workload": (x) => {
    const who = x.identity({ namespace: "bi" });
    x.sales.table("wizard").grants.read(who);
    const { containers: _, ...props } = x.pods(who);
    return new ExternalWorkload(x.workloads, "new", { ...props, kind: "Deployment" });
  },
  "a ServiceAccount of another repository": (x) => {
    const names = { cluster: x.eu, namespace: "legacy" };
    return x.sales.table("wizard").grants.read(WorkloadIdentity.fromServiceAccount(x.config, "new", names));
  },
  "an identity of a cluster that nobody was in": (x) => {
    const cluster = new KubernetesAuth(x.config, "new-us", { kubernetesHost: "https://us.example.com:6443" });
    return x.sales.table("wizard").grants.read(x.identity({ cluster }));
  },
  "an identity with a policy of its own": (x) => {
    const rules = [{ path: VaultPath.exact("kv/data/new"), capabilities: ["read" as const] }];
    return x.sales
      .table("wizard")
      .grants.read(x.identity({ policies: [new VaultPolicy(x.config, "new-p", { rules })] }));
  },
};

describe("one more beside the shop", () => {
  const of = (add?: (shop: Shop) => unknown): Resources =>
    everything(
      synthesize((app: App) => {
        shop(app, sandbox);
        add?.(partsOf(app));
      }),
    );
  const before = of();

  test.each(Object.entries(ADDED))("%s plans its own resources and nothing else", (_, add) => {
    const after = of(add);
    const fresh = [...after.keys()].filter((at) => !before.has(at));
    expect(fresh.length).toBeGreaterThan(5);
    expect(fresh.filter((at) => !at.replaceAll("renew", "").includes("new"))).toEqual([]);
    expect(planned(new Map([...after].filter(([at]) => before.has(at))))).toEqual(planned(before));
  });
});
