import { App } from "cdktf";
import { accessGraphOf } from "../../constructs";
import { formatObject } from "../../access/model/graph";
import { formatPath, whatCan, whoCan, why, WhoCan } from "../../access/questions/query";
import { sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";
import { database, delivery, edge, graphOf, identity } from "../support/graph";

const app = new App();
shop(app, sandbox);
const graph = accessGraphOf(app);

const holders = (answer: WhoCan): string[] =>
  answer.holders.flatMap(({ edge: { identity: who }, privileges }) =>
    privileges.map(({ privilege, extent, objects }) =>
      [who.replace("eu/", ""), privilege, extent, ...objects.map(formatObject)].join(" "),
    ),
  );

describe("who-can, of the example", () => {
  it.each([
    [
      "SELECT",
      "shop.sales.wizard.name",
      ["shop/api SELECT whole sales.wizard", "shop/shop-migrator ALL whole", "shop/web SELECT whole sales.wizard"],
    ],
    [
      "SELECT",
      "shop.sales.customer",
      ["bi/reporting SELECT part sales.customer(country) sales.customer(id)", "shop/shop-migrator ALL whole"],
    ],
    ["SELECT", "shop.sales.customer.email", ["shop/shop-migrator ALL whole"]],
    ["any", "shop.staff.member", ["shop/api SELECT whole staff.* (and those to come)", "shop/shop-migrator ALL whole"]],
    ["EXECUTE", "shop.*.turnover", ["shop/api EXECUTE part function sales.turnover", "shop/shop-migrator ALL whole"]],
    [
      "USAGE",
      "sequence shop.sales",
      ["shop/api USAGE part sequence sales.order_number", "shop/shop-migrator ALL whole"],
    ],
    ["TRUNCATE", "*", ["shop/billing-migrator ALL whole", "shop/shop-migrator ALL whole"]],
    [
      "CONNECT",
      "billing",
      [
        "legacy/erp CONNECT whole the database",
        "shop/api CONNECT whole the database",
        "shop/billing-migrator ALL whole",
        "shop/billing-migrator CONNECT whole the database",
      ],
    ],
  ])("%s on %s", (privilege, object, expected) => expect(holders(whoCan(graph, privilege, object))).toEqual(expected));

  it("says what fits nothing in the graph, so that nobody is not nobody by mistake", () => {
    const unmentioned = (object: string): unknown => whoCan(graph, "SELECT", object).unmentioned;
    expect(unmentioned("biling.*")).toEqual([{ part: "database", asked: "biling", near: ["billing"] }]);
    expect(unmentioned("shop.sale.wizard")).toEqual([{ part: "schema", asked: "sale", near: ["sales"] }]);
    expect(unmentioned("shop.sales.wizrad")).toEqual([{ part: "name", asked: "wizrad", near: ["wizard"] }]);
    expect(unmentioned("shop.sales.customer.contry")).toEqual([{ part: "column", asked: "contry", near: ["country"] }]);
    expect(unmentioned("shop.staff.whatever.column")).toEqual([]);
    expect(unmentioned("shop.sales.wizard.name")).toEqual([]);
  });

  it("lists the privileges of what is asked for when it has none such", () => {
    expect(() => whoCan(graph, "DELETE", "shop.sales.wizard.name")).toThrow(
      "DELETE is not a privilege of shop.sales.wizard.name, which can be a table, a column: choose among ANY, SELECT, INSERT, UPDATE, REFERENCES",
    );
    expect(() => whoCan(graph, "CONNECT", "shop.sales")).toThrow("CONNECT is not a privilege of shop.sales");
  });
});

describe("who-can", () => {
  it("says which databases another program grants on", () => {
    const foreign = graphOf({
      identities: [identity("web")],
      databases: [database("shop", { external: true })],
      deliveries: [delivery("web", "shop")],
    });
    const { holders: none, elsewhere } = whoCan(foreign, "SELECT", "shop.sales.wizard");
    expect([none, elsewhere.map((each) => [each.database.database, each.deliveries.length])]).toEqual([
      [],
      [["shop", 1]],
    ]);
    expect(whatCan(foreign, "shop/web").identities[0].elsewhere).toHaveLength(1);
  });

  it("knows functions by their name, by their arguments, and tells overloads apart", () => {
    const call = (name: string) => ({
      object: { kind: "function" as const, schema: "s", name },
      privilege: "EXECUTE" as const,
    });
    const of = (name: string) =>
      graphOf({ identities: [identity("web")], databases: [database("d")], edges: [edge("web", "d", [call(name)])] });
    const extent = (granted: string, asked: string): unknown =>
      whoCan(of(granted), "EXECUTE", asked).holders[0]?.extent;
    expect([
      extent("f(integer, text)", "d.s.f"),
      extent("f(integer, text)", "function d.s.f(integer,text)"),
      extent("f(integer, text)", "function d.s.f(text)"),
      extent("f", "function d.s.f(text)"),
    ]).toEqual(["part", "whole", undefined, "whole"]);
  });

  it("tells two databases of one name apart by their instances", () => {
    const twins = graphOf({
      identities: [identity("web")],
      databases: [database("shop"), database("shop", { instance: "other", mountPath: "database/other/shop" })],
      edges: [edge("web", "shop", [{ object: { kind: "table", schema: "s" }, privilege: "SELECT" }])],
    });
    expect(whoCan(twins, "SELECT", "shop.s.t").holders).toHaveLength(1);
    expect(whoCan(twins, "SELECT", "main/shop.s.t").holders).toHaveLength(1);
    expect(whoCan(twins, "SELECT", "other/shop.s.t").holders).toHaveLength(0);
  });

  it("refuses a graph that is not whole", () => {
    expect(() => whoCan(graphOf({ edges: [edge("web", "shop", [])] }), "ANY", "*")).toThrow(
      "the graph has access of eu/shop/web to database/main/shop, and no such identity: it is not whole, make it anew",
    );
  });
});

describe("what-can", () => {
  it("shows what an identity has by database, with clocks, files and other policies", () => {
    const [api] = whatCan(graph, "shop/api").identities;
    expect(api.policies).toEqual(["feature-flags", "order-signing"]);
    expect(api.databases.map(({ database: { database: name }, deliveries }) => [name, deliveries[0].file])).toEqual([
      ["billing", "billing.json"],
      ["shop", "shop"],
    ]);
    expect(api.databases[1].lifetime).toEqual({
      token: { ttl: 3600, max: 86400 },
      lease: { ttl: 3600, max: 86400 },
      session: { max: 86400 },
    });
    const [reporting] = whatCan(graph, "bi/*").identities;
    const data = reporting.databases[0].holdings.filter(({ columns }) => columns);
    expect(data).toMatchObject([{ columns: ["country", "id"], privileges: ["SELECT"] }]);
    const owners = whatCan(graph, "shop/*").identities.flatMap(({ databases }) =>
      databases.map((db) => db.actsAs ?? []),
    );
    expect(owners.flat()).toEqual(["billing_owner", "shop_owner"]);
    expect(whatCan(graph, "shop/wbe")).toMatchObject({
      identities: [],
      unmentioned: [{ part: "workload", asked: "shop/wbe", near: ["shop/web"] }],
    });
  });
});

describe("why", () => {
  it("shows the seven links and the line that made each", () => {
    const { paths, nearest } = why(graph, "shop/api", "SELECT", "shop.staff.member");
    expect(nearest).toEqual([]);
    expect(paths.map(({ extent }) => extent)).toEqual(["whole"]);
    expect(
      paths[0].links.map(({ link, system, name, madeBy }) => [link, system, name, ...madeBy.map(({ path }) => path)]),
    ).toEqual([
      ["ServiceAccount", "Kubernetes", "shop/api", "vault-config/api"],
      ["auth role", "Vault", "auth/kubernetes-eu/role/shop.api", "vault-config/api"],
      ["policy", "Vault", "leasehold_eu_shop_api_database.main.shop", "access-shop/shop/eu.shop.api"],
      ["database role", "Vault", "database/main/shop/roles/eu.shop.api", "access-shop/shop/eu.shop.api"],
      ["lease function", "PostgreSQL", "lease.issue", "access-shop/shop"],
      ["group role", "PostgreSQL", "eu_shop_api_shop", "access-shop/shop/eu.shop.api"],
      ["grant", "PostgreSQL", "SELECT", "access-shop/shop/eu.shop.api"],
    ]);
    expect(paths[0].links.map(({ detail }) => detail)).toEqual([
      "in cluster eu, with a token for the audience vault",
      "bound to eu/shop/api alone; Vault asks https://kubernetes.default.svc who a pod is",
      "read on database/main/shop/creds/eu.shop.api",
      "issues logins to main/shop, the server main.data.svc:5432",
      "in shop, executed by Vault's own login leasehold.vault_shop",
      "each login is a member of it, and it is one of leasehold.all_eu_shop_api_shop",
      "on staff.* (and those to come)",
    ]);
    expect(paths[0].links[6].madeBy[0].source).toMatch(/^examples\/shop\/shop\.ts:\d+$/);
  });

  it("shows that a migration acts as the owner", () => {
    const { paths } = why(graph, "shop/shop-migrator", "DELETE", "shop.sales.orders");
    expect(paths[0].links.slice(5).map(({ name, detail }) => `${name} ${detail}`)).toEqual([
      "eu_shop_shop-migrator_shop each login is a member of it, it is one of shop_owner, and sessions act as that",
      "ALL on everything that shop_owner owns",
    ]);
  });

  it.each([
    ["shop/web", "INSERT", "shop.sales.wizard", "privilege", "SELECT on sales.wizard"],
    ["bi/reporting", "SELECT", "shop.sales.customer.email", "column", "SELECT on sales.customer(country)"],
    ["shop/web", "SELECT", "shop.sales.orders", "object", "SELECT on sales.wizard"],
    ["shop/web", "SELECT", "shop.staff.member", "workload", "SELECT on staff.* (and those to come)"],
  ])("%s, %s on %s: shows what comes nearest", (who, privilege, object, differs, granted) => {
    const { paths, nearest } = why(graph, who, privilege, object);
    expect(paths).toEqual([]);
    expect(nearest[0].differs).toBe(differs);
    expect(formatPath(nearest[0])).toContain(`-> ${granted} (examples/shop/shop.ts:`);
  });
});
