import { App } from "cdktf";
import { accessGraphOf, Duration } from "../../constructs";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, UnclassifiedReason } from "../../access/report/report";
import { sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";
import { expectAccess, ExpectedBounds, expectNoAccess, Subject } from "../../assertions";
import { database, delivery, edge, graphOf, identity } from "../support/graph";
import { here } from "../support/here";

const app = new App();
shop(app, sandbox);
const graph = accessGraphOf(app);
/** The shop's API has two policies for things that are no database; somebody has looked at them. */
const REVIEWED = { reviewed: ["feature-flags", "order-signing"] };

function message(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    expect((error as Error).name).toBe("AccessAssertionError");
    // Lines of the example move with its text.
    return (error as Error).message.replace(/shop\.ts:\d+/g, "shop.ts:#");
  }
  throw new Error("the assertion holds");
}

const small = graphOf({
  identities: [identity("web"), identity("api")],
  databases: [database("payments"), database("shop")],
  edges: [
    edge("api", "payments", [
      { object: { kind: "column", schema: "card", name: "owner", column: "e mail" }, privilege: "SELECT" },
    ]),
    edge("web", "shop", [{ object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" }]),
  ],
});

describe("that nobody has access", () => {
  it("shows the counterexample, link by link, with the line of each", () => {
    expect(message(() => expectNoAccess(small, "*", "payments.*")))
      .toBe(`expected nobody to have any privilege on payments.*; 1 has:

  eu/shop/api: SELECT on card.owner(e mail) in main/payments
    ServiceAccount  shop/api                                      main.ts:13
    auth role       auth/kubernetes-eu/role/shop.api              main.ts:13
    policy          leasehold_eu_shop_api_database.main.payments  main.ts:33
    database role   database/main/payments/roles/eu.shop.api      main.ts:33
    lease function  lease.issue                                   main.ts:28
    group role      eu_shop_api_payments                          main.ts:33
    grant           SELECT on card.owner(e mail)                  main.ts:40
    lasts           token 1h/24h, lease 1h/24h, session 24h`);
  });

  it("shows three link by link, and the others in a line", () => {
    const found = message(() => expectAccess(graph).toHaveNone("*", "shop.*", { privilege: "SELECT" }));
    expect(found).toContain("expected nobody to have SELECT on shop.*; 4 have:");
    expect(found.match(/ServiceAccount/g)).toHaveLength(3);
    expect(found).toMatch(/and by \d more:\n/);
    expect(found).toContain("eu/shop/shop-migrator: ALL on everything that shop_owner owns in main/shop");
  });

  it("holds of all but those who may have it", () => {
    expectNoAccess(small, "*", "payments", { except: ["shop/api"] });
    const but = message(() => expectNoAccess(graph, "*", "shop.sales", { except: ["*/shop-migrator", "bi/*"] }));
    expect(but).toContain("expected nobody but */shop-migrator and bi/* to have any privilege on shop.sales; 2 have:");
    expectNoAccess(app, "*", "billing.billing.payment_method", {
      except: ["shop/billing-migrator", "data/main"],
      ...REVIEWED,
    });
  });

  it("holds where nothing but a login is granted, unless one asks for that", () => {
    const login = graphOf({
      identities: [identity("web")],
      databases: [database("shop")],
      edges: [edge("web", "shop", [{ object: { kind: "database" }, privilege: "CONNECT" }])],
    });
    expectNoAccess(login, "*", "shop");
    expect(message(() => expectNoAccess(login, "*", "shop", { privilege: "CONNECT" }))).toContain("; 1 has:");
  });

  it("fails for a misspelt database or workload, which has no access either", () => {
    expect(message(() => expectNoAccess(small, "*", "paymnets.*"))).toBe(
      `expected nobody to have any privilege on paymnets.*, and that cannot be told:

  the graph knows no database paymnets: did you mean payments?

  if it is right that there is none yet, say { unknown: "allow" }`,
    );
    expect(message(() => expectNoAccess(small, "shop/wep", "payments"))).toContain(
      "the graph knows no workload shop/wep: did you mean shop/web?",
    );
    expect(message(() => expectNoAccess(graphOf({}), "*", "*"))).toContain("the graph knows no workload *");
    expectNoAccess(small, "shop/wep", "paymnets", { unknown: "allow" });
    // A table that nobody was granted is in no graph: the best of reasons to assert it.
    expectNoAccess(small, "shop/web", "payments.card.number");
  });

  it("fails for what the graph cannot tell, until somebody has looked at it", () => {
    const node = (reason: UnclassifiedReason): AccessReport["unclassified"][number] => ({
      ...{ stack: "access", block: "resource", type: "postgresql_grant", name: "x", digest: "00", reason },
      ...{ path: `access/${reason}`, source: "main.ts:7" },
    });
    const report: AccessReport = {
      ...{ $schema: REPORT_SCHEMA, version: REPORT_VERSION, graph: small, notJudged: [] },
      unclassified: [node("raw"), node("overridden"), node("setting")],
    };
    expect(message(() => expectNoAccess(report, "shop/web", "payments"))).toBe(
      `expected nothing of shop/web to have any privilege on payments, and that cannot be told:

  the graph does not explain postgresql_grant access/raw (main.ts:7), which is made by hand
  the graph does not explain postgresql_grant access/overridden (main.ts:7), which is not as Leasehold made it

  when somebody has looked at it, name the path, policy or database in { reviewed: [...] }`,
    );
    expectNoAccess(report, "shop/web", "payments", { reviewed: ["access/raw", "access/overridden"] });
    expectNoAccess(report, "shop/web", "payments", { reviewed: "all" });
    expect(
      message(() =>
        expectAccess(report)
          .of("shop/web")
          .toBe({ "shop.sales.wizard": ["SELECT"] }),
      ),
    ).toContain("raw");
    expect(message(() => expectAccess(report).of("shop/web").toLastAtMost({ lease: "24h" }))).toContain("raw");
    expectAccess(report)
      .of("shop/web")
      .toInclude({ "shop.sales.wizard": ["SELECT"] });
  });

  it("fails for other policies and other programs' databases, until somebody has looked at them", () => {
    const other = graphOf({
      identities: [identity("web", { policies: ["flags"] }), identity("api")],
      databases: [database("shop", { external: true }), database("mine")],
      deliveries: [delivery("web", "shop")],
    });
    expect(message(() => expectNoAccess(other, "*", "shop"))).toContain(
      "  eu/shop/web also holds the Vault policy flags, which the graph does not read\n  another program says what * may do in main/shop",
    );
    expectNoAccess(other, "shop/api", "mine");
    expectNoAccess(other, "*", "shop", { reviewed: ["flags", "main/shop"] });
    expect(
      message(() =>
        expectAccess(other)
          .of("shop/web")
          .toBeNothing({ reviewed: ["flags"] }),
      ),
    ).toContain("main/shop");
    expectAccess(other).of("shop/api").toBeNothing();
  });

  it("fails for what PUBLIC may do in a database that Leasehold did not make, until somebody has looked", () => {
    const read = { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" } as const;
    const program = graphOf({
      identities: [identity("web"), identity("api"), identity("far"), identity("idle")],
      databases: [
        database("old", { publicRights: "unknown" }),
        database("shop"),
        database("away", { instance: "other" }),
      ],
      edges: [edge("web", "shop", [read]), edge("api", "old", [read]), edge("far", "away", [read])],
    });
    const said =
      "  it is not known what PUBLIC may do in main/old, which Leasehold did not make, and so each login of that server\n";
    expect(message(() => expectNoAccess(program, "shop/web", "old"))).toContain(said);
    expect(message(() => expectNoAccess(program, "*", "old", { except: ["shop/api"] }))).toContain(said);
    const exact = { "shop.sales.wizard": ["SELECT"] } as const;
    expect(message(() => expectAccess(program).of("shop/web").toBe(exact))).toContain(said);
    expectNoAccess(program, "shop/web", "old", { reviewed: ["main/old"] });
    expectAccess(program)
      .of("shop/web")
      .toBe(exact, { reviewed: ["main/old"] });

    // Nothing is said of what PUBLIC cannot reach: another database, another server, who has no login, how long it lasts.
    expectNoAccess(program, "shop/api", "shop");
    expectNoAccess(program, "shop/far", "old");
    expectAccess(program)
      .of("shop/far")
      .toBe({ "away.sales.wizard": ["SELECT"] });
    expectAccess(program).of("shop/idle").toBeNothing();
    expectAccess(program).of("shop/web").toLastAtMost({ lease: "24h" });
    expectAccess(program).of("shop/web").toInclude(exact);
  });
});

describe("exact access", () => {
  it("holds of the example, all of it written out", () => {
    expectAccess(graph)
      .of("shop/web")
      .toBe({ "shop.sales.wizard": ["SELECT"] });
    expectAccess(graph)
      .of("bi/reporting")
      .toBe({ "shop.sales.customer(id, country)": ["SELECT"] });
    expectAccess(graph)
      .of("eu/shop/shop-migrator")
      .toBe({ shop: ["ALL"] });
    expectAccess(graph)
      .of("shop/api")
      .toBe(
        {
          "shop.sales.wizard": ["SELECT"],
          "shop.sales.orders": ["SELECT", "INSERT", "UPDATE", "DELETE"],
          "sequence shop.sales.order_number": ["USAGE"],
          "function shop.sales.turnover": ["EXECUTE"],
          "shop.staff.*": ["SELECT"],
          "billing.billing.invoice": ["INSERT"],
        },
        REVIEWED,
      );
  });

  it("lists what is missing and what is too much, and what there is as it could be written", () => {
    expect(
      message(() =>
        expectAccess(graph)
          .of("bi/reporting")
          .toBe({ "shop.sales.customer(id, email)": ["SELECT"], "shop.sales.wizard": ["SELECT"] }),
      ),
    ).toBe(`expected bi/reporting to have exactly what is written, and it differs:

  eu/bi/reporting:
    missing  shop.sales.customer(email): SELECT
    missing  shop.sales.wizard: SELECT
    surplus  shop.sales.customer(country): SELECT (examples/shop/shop.ts:#)

  eu/bi/reporting has {
    "shop.sales.customer(country, id)": ["SELECT"],
  }`);
    expect(message(() => expectAccess(small).of("shop/web").toBeNothing())).toContain(
      "surplus  shop.sales.wizard: SELECT (main.ts:40)",
    );
    expect(message(() => expectAccess(graph).of("shop/wep").toBeNothing())).toContain("did you mean shop/web");
    expect(
      message(() =>
        expectAccess(graph)
          .of("shop/wep")
          .toBe({ "shop.a.b": ["SELECT"] }, { unknown: "allow" }),
      ),
    ).toContain("the graph knows no workload shop/wep");
  });

  it.each([
    [{ "shop.sales.order_number": ["USAGE"] }, 'or write "sequence shop.sales.order_number"'],
    [{ "shop.sales.turnover": ["EXECUTE"] }, 'or write "function shop.sales.turnover"'],
    [{ "shop.sales.wizard(name)": ["DELETE"] }, "which is not a privilege of a column"],
    [{ "shop.sales.wizard": ["ALL"] }, "name each privilege"],
    [{ "shop.sales.wizard": [] }, "is expected with no privilege"],
    [{ "shop.sales.wiz*": ["SELECT"] }, "holds a * where what is expected must be named"],
    [{ "shop.*": ["SELECT"] }, "holds a * where what is expected must be named"],
    [{ "*.sales.wizard": ["SELECT"] }, "names no single database"],
    [{ "shoop.sales.wizard": ["SELECT"] }, "the graph knows no database shoop: did you mean shop?"],
    [{ "sequence shop": ["USAGE"] }, "is a database: write sequence database.schema.name"],
  ] as const)("refuses %j", (expected, text) => {
    expect(() => expectAccess(graph).of("shop/web").toBe(expected)).toThrow(text);
    expect(() => expectAccess(graph).of("shop/web").toInclude(expected)).toThrow(text);
  });

  it("asks which database is meant when two have the name", () => {
    const twins = graphOf({
      identities: [identity("web")],
      databases: [database("shop"), database("shop", { instance: "other", mountPath: "database/other/shop" })],
      edges: [edge("web", "shop", [{ object: { kind: "table", schema: "s" }, privilege: "SELECT" }])],
    });
    const web = expectAccess(twins).of("shop/web");
    expect(() => web.toInclude({ "shop.s.*": ["SELECT"] })).toThrow(
      '"shop.s.*" can be main/shop or other/shop: write which',
    );
    web.toInclude({ "main/shop.s.*": ["SELECT"] });
    expect(message(() => web.toInclude({ "other/shop.s.*": ["SELECT"] }))).toContain("missing  other/shop.s.*: SELECT");
  });
});

describe("how long access lasts", () => {
  it("is bounded by each clock's maximum, or by its ttl", () => {
    expectAccess(graph)
      .of("bi/reporting")
      .toLastAtMost({ lease: "1h", session: Duration.hours(1), token: 3600 });
    expectAccess(graph).of("bi/reporting").toLastAtMost({ "lease ttl": "15m" });
    expectAccess(graph).of("*").toLastAtMost({ session: "1d" });
    expect(message(() => expectAccess(graph).of("bi/reporting").toLastAtMost({ lease: "30m", "lease ttl": "14m59s" })))
      .toBe(`expected bi/reporting to last no longer than written, and it does:

  eu/bi/reporting on database/main/shop: lease max is 1h, more than 30m (examples/shop/shop.ts:#, examples/shop/shop.ts:#)
  eu/bi/reporting on database/main/shop: lease ttl is 15m, more than 899s (examples/shop/shop.ts:#, examples/shop/shop.ts:#)`);
  });

  it("fails of a clock that is not known, or is not there", () => {
    expect(message(() => expectAccess(graph).of("legacy/erp").toLastAtMost({ token: "24h" }))).toContain(
      "token max is not known, its auth role is declared elsewhere",
    );
    const idle = graphOf({ identities: [identity("web")] });
    expect(message(() => expectAccess(idle).of("shop/web").toLastAtMost({ lease: "1h" }))).toContain(
      "nothing is leased",
    );
    expect(message(() => expectAccess(idle).of("shop/wep").toLastAtMost({ lease: "1h" }))).toContain("did you mean");
  });

  it.each([
    [{}, "no bound is given"],
    [{ lease: "an hour" }, 'lease is bounded by "an hour", which is not a length of time'],
    [{ leases: "1h" }, 'there is no clock "leases"'],
  ])("refuses %j", (bounds, text) => {
    expect(() =>
      expectAccess(graph)
        .of("shop/web")
        .toLastAtMost(bounds as ExpectedBounds),
    ).toThrow(text);
  });
});

describe("the subject", () => {
  it("is an App, any construct of it, a report or a graph", () => {
    const expected = { "shop.sales.wizard": ["SELECT"] } as const;
    const report = { $schema: REPORT_SCHEMA, version: REPORT_VERSION, graph, unclassified: [], notJudged: [] } as const;
    for (const subject of [app, app.node.children[0], report, graph] as Subject[])
      expectAccess(subject).of("shop/web").toInclude(expected);
  });

  it("is refused when it is something else", () => {
    for (const subject of [undefined, null, {}, "app", [graph]])
      expect(() => expectAccess(subject as unknown as Subject)).toThrow(TypeError);
  });
});

it("throws with a stack that begins at the caller's line", () => {
  let line = "";
  try {
    line = here(1);
    expectNoAccess(small, "*", "payments.*");
  } catch (error) {
    expect((error as Error).stack?.split("\n    at ")[1]).toContain(line);
  }
});
