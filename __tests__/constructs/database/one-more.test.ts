import type { App } from "cdktf";
import { join } from "node:path";
import { Credential, DatabaseMigration, Migrations } from "../../../constructs";
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
