import { AccessChange, diffReports, grows } from "../../access/diff/diff";
import {
  AccessGraph,
  AccessObject,
  ContainerNode,
  DemandNode,
  EdgeNode,
  GrantNode,
  WorkloadNode,
} from "../../access/model/graph";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, UnclassifiedNode } from "../../access/report/report";
import { Privilege } from "../../access/model/privileges";
import { database, delivery, edge, identity } from "../support/graph";

type Grant = Omit<GrantNode, "grantedBy">;

const on = (name: string | undefined, privilege: Privilege = "SELECT", column?: string): Grant => ({
  privilege,
  object: {
    kind: column === undefined ? "table" : "column",
    schema: "sales",
    ...(name !== undefined && { name }),
    ...(column !== undefined && { column }),
  } as AccessObject,
});

function report(graph: Partial<AccessGraph>, unclassified: readonly UnclassifiedNode[] = []): AccessReport {
  return {
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: {
      identities: [identity("web")],
      databases: [database("shop")],
      edges: [],
      deliveries: [],
      ...graph,
    },
    unclassified,
    notJudged: [],
  };
}

const granted = (grants: readonly Grant[], more: Partial<EdgeNode> = {}): AccessReport =>
  report({ edges: [edge("web", "shop", grants, more)] });

/** A change as one line. */
function line({ verdict, who, privileges, on: regions, clocks, links }: AccessChange): string {
  const name = (object: object): string => {
    const { kind, schema, name: n, column } = object as AccessObject;
    return [kind, schema, n ?? (kind === "table" ? "*" : undefined), column]
      .filter((part) => part !== undefined)
      .join(" ");
  };
  const where = regions
    .map(({ object, except }) => name(object) + (except.length ? ` except ${except.map(name).join(", ")}` : ""))
    .join("; ");
  return [
    verdict,
    who,
    privileges.join("+") || "(all)",
    ...(where ? [where] : []),
    ...clocks.map(({ clock, before, after }) => `${clock} ${before}>${after}`),
    ...links.map(({ link, before, after }) => `${link} ${before.join()}>${after.join()}`),
  ].join(" | ");
}

const lines = (before: AccessReport, after: AccessReport): string[] => diffReports(before, after).changes.map(line);

describe("a diff of access", () => {
  it("is empty between equal reports", () => {
    const same = granted([on("wizard")]);
    expect(diffReports(same, same)).toEqual({ version: 1, verdicts: [], changes: [], unclassified: [] });
    expect(grows(diffReports(same, same))).toBe(false);
  });

  it("names a workload that goes together with its access, and no other", () => {
    const node = (name: string, more: Partial<WorkloadNode> = {}): WorkloadNode => ({
      ...{ path: `workloads/${name}`, source: `main.ts:5${name.length}`, kind: "Deployment", namespace: "shop" },
      ...{ name, identity: `eu/shop/${name}`, pods: 2, drain: 20, ...more },
    });
    const both = report({
      identities: [identity("web"), identity("api")],
      edges: [edge("web", "shop", [on("a"), on("b")]), edge("api", "shop", [on("a")])],
      deliveries: [delivery("web", "shop"), delivery("api", "shop")],
      workloads: [node("web"), node("api"), node("idle", { identity: "eu/shop/web" })],
    });
    const left = (graph: Partial<AccessGraph>): unknown =>
      diffReports(both, report({ ...both.graph, ...graph })).leaving;
    const web = {
      ...{ path: "workloads/web", source: "main.ts:53", workload: "Deployment eu/shop/web" },
      ...{ identity: "eu/shop/web", drain: 20 },
    };
    const [webs, apis] = both.graph.edges;
    const others = both.graph.workloads?.filter(({ name }) => name !== "web");
    const apiOnly = { deliveries: [both.graph.deliveries[1]], workloads: others };
    // Its access goes, whole or in part; `idle` has no login to be refused with.
    expect(left({ edges: [apis], deliveries: [both.graph.deliveries[1]], workloads: [node("api")] })).toEqual([web]);
    expect(left({ edges: [edge("web", "shop", [on("a")]), apis], ...apiOnly })).toEqual([web]);
    // Its identity goes.
    expect(left({ identities: [identity("api")], edges: [apis], ...apiOnly })).toEqual([web]);
    // It runs as another identity from now on: old pods end as the old one.
    expect(
      left({
        edges: [apis],
        deliveries: [delivery("api", "shop"), delivery("web", "shop", { identity: "eu/shop/api" })],
        workloads: [node("web", { identity: "eu/shop/api" }), node("api")],
      }),
    ).toEqual([web]);
    // It goes and its access stays; it stays and its access goes; somebody else's access goes.
    expect(left(apiOnly)).toBeUndefined();
    expect(left({ edges: [apis] })).toBeUndefined();
    expect(left({ edges: [webs], ...apiOnly })).toBeUndefined();
  });

  it("shows a new verb and a lost one, with the lines that grant them", () => {
    const diff = diffReports(granted([on("wizard"), on("orders")]), granted([on("wizard"), on("wizard", "UPDATE")]));
    expect(diff.changes.map(line)).toEqual([
      "broadened | eu/shop/web | UPDATE | table sales wizard",
      "narrowed | eu/shop/web | SELECT | table sales orders",
    ]);
    expect(diff.changes[0].after?.grantedBy.length).toBeGreaterThan(0);
    expect(diff.changes[0]).not.toHaveProperty("before");
    expect(grows(diff)).toBe(true);
  });

  it("says what is new when columns become the whole table: all but the columns", () => {
    expect(lines(granted([on("customer", "SELECT", "id")]), granted([on("customer")]))).toEqual([
      "broadened | eu/shop/web | SELECT | table sales customer except column sales customer id",
    ]);
  });

  it("is unchanged when a column is granted that the table's grant covers already", () => {
    expect(lines(granted([on("customer")]), granted([on("customer"), on("customer", "SELECT", "id")]))).toEqual([]);
  });

  it("is unchanged when one table is granted beside all of its schema", () => {
    expect(lines(granted([on(undefined)]), granted([on(undefined), on("wizard")]))).toEqual([]);
  });

  it("shows what is lost when all of a schema becomes one table", () => {
    expect(lines(granted([on(undefined)]), granted([on("wizard")]))).toEqual([
      "narrowed | eu/shop/web | SELECT | table sales * except table sales wizard",
    ]);
  });

  it("joins verbs of one table, and columns of one table", () => {
    expect(
      lines(granted([]), granted([on("a"), on("a", "UPDATE"), on("b", "SELECT", "x"), on("b", "SELECT", "y")])),
    ).toEqual([
      "broadened | eu/shop/web | SELECT+UPDATE | table sales a",
      "broadened | eu/shop/web | SELECT | column sales b x; column sales b y",
    ]);
  });

  it("says longer and shorter for all that the identity has there, with the clocks that moved", () => {
    const before = granted([on("a"), on("b")], { leaseTtl: 600, leaseMaxTtl: 3600 });
    const after = granted([on("a"), on("b")], { leaseTtl: 300, leaseMaxTtl: 7200 });
    expect(lines(before, after)).toEqual([
      "longer | eu/shop/web | (all) | lease max 3600>7200 | session max 3600>7200",
      "shorter | eu/shop/web | (all) | lease ttl 600>300",
    ]);
  });

  it("bounds sessions by the token: a longer lease under a shorter token ends no later", () => {
    const times = (leaseMaxTtl: number): AccessReport =>
      report({
        identities: [identity("web", { tokenMaxTtl: 3600 })],
        edges: [edge("web", "shop", [on("a")], { leaseMaxTtl })],
      });
    expect(lines(times(3600), times(7200))).toEqual(["longer | eu/shop/web | (all) | lease max 3600>7200"]);
  });

  it("says rewired when the same is reached by another path, or under other limits", () => {
    const before = granted([on("a")]);
    const after = granted([on("a")], { groupRole: "readers", connectionLimit: 99 });
    const diff = diffReports(before, after);
    expect(diff.verdicts).toEqual(["rewired"]);
    expect(diff.changes[0].links.map(({ link }) => link)).toEqual(["group role", "connections of a login"]);
    expect(grows(diff)).toBe(false);
  });

  it("follows a database to another mount: the same access by another path", () => {
    const before = granted([on("a")]);
    const after = report({
      databases: [database("shop", { mountPath: "pg/new" })],
      edges: [edge("web", "shop", [on("a")], { mountPath: "pg/new" })],
    });
    expect(diffReports(before, after).verdicts).toEqual(["rewired"]);
  });

  it("takes another ServiceAccount for somebody else", () => {
    const before = granted([on("a")]);
    const after = report({ identities: [identity("api")], edges: [edge("api", "shop", [on("a")])] });
    expect(diffReports(before, after).verdicts).toEqual(["broadened", "narrowed"]);
  });

  it("shows who may log in to Vault though nothing is granted, and which policies they hold", () => {
    const before = report({ identities: [] });
    const after = report({ identities: [identity("web", { policies: ["billing-admin"] })] });
    expect(lines(before, after)).toEqual([
      "broadened | eu/shop/web | LOGIN | vault",
      "broadened | eu/shop/web | HOLD | policy billing-admin",
    ]);
  });

  it("shows a session that acts as the owner role", () => {
    expect(lines(granted([]), granted([], { actsAs: "shop_owner" }))[0]).toBe(
      "broadened | eu/shop/web | ACT AS | owner shop_owner",
    );
  });

  it("shows what a weaker sslmode lets the network do", () => {
    const at = (sslMode: string): AccessReport => report({ databases: [database("shop", { sslMode })] });
    expect(lines(at("verify-full"), at("disable"))).toEqual([
      "broadened | the network | IMPERSONATE+READ IN TRANSIT | wire",
    ]);
    expect(lines(at("require"), at("verify-full"))).toEqual(["narrowed | the network | IMPERSONATE | wire"]);
    expect(lines(at("verify-ca"), at("prefer"))).toEqual(["broadened | the network | READ IN TRANSIT | wire"]);
  });

  it("takes an sslmode that nobody knows for the weakest", () => {
    const at = (sslMode: string): AccessReport => report({ databases: [database("shop", { sslMode })] });
    expect(lines(at("verify-full"), at("trust-me"))).toEqual([
      "broadened | the network | IMPERSONATE+READ IN TRANSIT | wire",
    ]);
  });
});

describe("what the model does not explain", () => {
  const node = (more: Partial<UnclassifiedNode> = {}): UnclassifiedNode => ({
    path: "vault/raw",
    stack: "vault-config",
    block: "resource",
    type: "vault_policy",
    name: "raw",
    reason: "raw",
    digest: "a",
    ...more,
  });
  const changes = (before: UnclassifiedNode[], after: UnclassifiedNode[]): string[] =>
    diffReports(report({}, before), report({}, after)).unclassified.map(
      ({ change, before: b, after: a }) => `${change} ${b?.digest ?? ""}>${a?.digest ?? ""}`,
    );

  it("is shown when it is added, removed or changed, and counts as growth", () => {
    expect(changes([], [node()])).toEqual(["added >a"]);
    expect(changes([node()], [])).toEqual(["removed a>"]);
    expect(changes([node()], [node({ digest: "b" })])).toEqual(["changed a>b"]);
    const diff = diffReports(report({}, []), report({}, [node()]));
    expect(diff.verdicts).toEqual(["unclassified"]);
    expect(grows(diff)).toBe(true);
  });

  it("is unchanged under another name or in another stack, as long as it says the same", () => {
    expect(changes([node()], [node({ name: "other", path: "x", stack: "vault" })])).toEqual([]);
  });

  it("is shown when a block is put a second time, though both say the same", () => {
    expect(changes([node()], [node(), node({ name: "second" })])).toEqual(["added >a"]);
  });

  it("is shown when the same content stops to be a setting of ours and is made by hand", () => {
    expect(changes([node({ reason: "setting" })], [node({ reason: "raw" })])).toEqual(["changed a>a"]);
  });
});

describe("who runs as an identity", () => {
  const runs = (name: string, as: string, more: Partial<WorkloadNode> = {}): WorkloadNode => ({
    path: `w/${name}`,
    kind: "Deployment",
    namespace: "shop",
    name,
    identity: `eu/shop/${as}`,
    ...more,
  });
  const of = (...workloads: WorkloadNode[]): AccessReport => report({ workloads });

  test("a further workload is growth, and one that goes is not", () => {
    const [few, more] = [of(runs("web", "web")), of(runs("web", "web"), runs("cron", "web"))];
    expect(lines(few, more)).toEqual(["broadened | Deployment eu/shop/cron | RUN AS | identity eu/shop/web"]);
    expect(grows(diffReports(few, more))).toBe(true);
    expect(lines(more, few)).toEqual(["narrowed | Deployment eu/shop/cron | RUN AS | identity eu/shop/web"]);
  });

  test("to run as another identity is growth, whichever of them is stronger", () => {
    expect(lines(of(runs("web", "web")), of(runs("web", "migrator")))).toEqual([
      "broadened | Deployment eu/shop/web | RUN AS | identity eu/shop/migrator",
      "narrowed | Deployment eu/shop/web | RUN AS | identity eu/shop/web",
    ]);
  });

  test("another kind, namespace or cluster of the same name is somebody else", () => {
    for (const more of [{ kind: "CronJob" }, { namespace: "ci" }, { identity: "us/shop/web" }] as const)
      expect(grows(diffReports(of(runs("web", "web")), of(runs("web", "web", more))))).toBe(true);
  });

  test("a construct that is called otherwise, or stands on another line, is the same workload", () => {
    expect(lines(of(runs("web", "web")), of(runs("web", "web", { path: "x", source: "main.ts:9" })))).toEqual([]);
  });

  const container = (image: string): ContainerNode => ({ name: "app", image, runs: "1".repeat(64) });
  const demand = (name: string, opens = false): DemandNode => ({
    name,
    says: "2".repeat(64),
    ...(opens && { opens: true as const }),
  });
  const ours = runs("web", "web", { containers: [container("web:1")] });
  const theirs = runs("web", "web", { demands: [demand("injector", true), demand("annotation a")] });

  /** A base of an older version. */
  const older = (base: AccessReport, readFrom = "1.2"): AccessReport => ({ ...base, readFrom });
  const unsure = (base: AccessReport, head: AccessReport): string[] =>
    diffReports(base, head).unclassified.map(({ older: version, after }) => `${version} ${after?.type} ${after?.name}`);

  test("what an older base does not say of a workload is no change, and is named where it lets somebody in", () => {
    const old = older(of(ours, runs("cron", "web")));
    const now = of({ ...ours, starts: "@daily" }, runs("cron", "web", { demands: theirs.demands }));
    expect(lines(old, now)).toEqual([]);
    expect(unsure(old, now)).toEqual(["1.2 workload Deployment eu/shop/cron"]);
    expect(grows(diffReports(old, now))).toBe(true);
    // Where all is said that lets somebody in, an upgrade is no growth.
    expect(diffReports(older(of(ours)), of({ ...ours, starts: "@daily" })).verdicts).toEqual([]);
    const first = older(of(runs("web", "web")));
    expect([lines(first, of(ours)), unsure(first, of(ours))]).toEqual([[], ["1.2 workload Deployment eu/shop/web"]]);
  });

  test("an older base hides nothing of what it says", () => {
    const other = runs("web", "web", { containers: [container("other:1")] });
    expect(lines(older(of(ours)), of(other))[0]).toMatch(/^broadened .* runs app web:1 1+>app other:1 1+$/);
    expect(grows(diffReports(older(of(ours)), of(theirs)))).toBe(true);
    expect(grows(diffReports(older(of(theirs)), of(runs("web", "web"))))).toBe(true);
    expect(lines(older(of(ours)), of(ours, runs("cron", "web")))[0]).toMatch(/^broadened | Deployment eu\/shop\/cron/);
  });

  test("of a block that is called the same, an older base keeps another digest: whether it changed cannot be told", () => {
    const block = { path: "a/b", stack: "a", block: "resource", type: "vault_kv_secret_v2", name: "b" } as const;
    const [was, is] = ["1", "2"].map((digest) => report({}, [{ ...block, reason: "raw", digest }]));
    expect(unsure(older(was), is)).toEqual(["1.2 vault_kv_secret_v2 b"]);
    expect(unsure(was, is)).toEqual(["undefined vault_kv_secret_v2 b"]);
    expect(grows(diffReports(older(was), is))).toBe(true);
    // A block that is new, or made otherwise than before, is what it is.
    const by = report({}, [{ ...block, reason: "overridden", digest: "2" }]);
    expect(unsure(older(was), by)).toEqual(["undefined vault_kv_secret_v2 b"]);
    expect(unsure(older(report({})), is)).toEqual(["undefined vault_kv_secret_v2 b"]);
  });

  test("what the owner of a workload must write, and a head is silent about, is shown", () => {
    expect(grows(diffReports(of(theirs), of(runs("web", "web"))))).toBe(true);
  });

  test("a workload that somebody else deployed is not taken for one whose containers were not said yet", () => {
    expect(grows(diffReports(of(theirs), of(ours)))).toBe(true);
    expect(grows(diffReports(of(ours), of(theirs)))).toBe(true);
    expect(grows(diffReports(of(ours), of(runs("web", "web"))))).toBe(true);
    expect(grows(diffReports(of(runs("web", "web")), of(ours)))).toBe(true);
  });

  test("a report that was written before knows those with a credential; all others are new", () => {
    const old = report({ deliveries: [delivery("web", "shop", { workload: "w/web" })] });
    const { graph } = old;
    const now: AccessReport = { ...old, graph: { ...graph, workloads: [runs("web", "web"), runs("cron", "web")] } };
    expect(lines(old, now)).toEqual(["broadened | Deployment eu/shop/cron | RUN AS | identity eu/shop/web"]);
    expect(lines(now, old)).toEqual(["narrowed | Deployment eu/shop/cron | RUN AS | identity eu/shop/web"]);
  });
});
