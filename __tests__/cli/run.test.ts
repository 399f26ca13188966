import { createHash } from "node:crypto";
import type { AccessReport } from "../../access/report/report";
import { COMMANDS } from "../../cli/commands";
import { CHANGES, reportOf, SAMPLE, unclassifiedNode } from "../render/fixture";
import { ATTACKS } from "../render/names";
import { database, edge, graphOf, identity } from "../support/graph";
import { leasehold } from "./fake-io";

const DEFAULT = "cdktf.out/access.json";
const BASE = JSON.stringify(SAMPLE);
const [WEB, ...OTHERS] = SAMPLE.graph.edges;
const grown = (more: Partial<typeof WEB>): string =>
  JSON.stringify({ ...SAMPLE, graph: { ...SAMPLE.graph, edges: [{ ...WEB, ...more }, ...OTHERS] } });
const FILES = {
  [DEFAULT]: BASE,
  "same.json": JSON.stringify({ ...SAMPLE, graph: { ...SAMPLE.graph, edges: [...SAMPLE.graph.edges].reverse() } }),
  "longer.json": grown({ leaseMaxTtl: 100_000 }),
  "narrowed.json": grown({ grants: WEB.grants.slice(0, 4) }),
  "by-hand.json": JSON.stringify({
    ...SAMPLE,
    unclassified: [...SAMPLE.unclassified, unclassifiedNode({ name: "other", digest: "ef".repeat(32) })],
  }),
};
const on = (...args: string[]) => leasehold(args, FILES);

describe("access", () => {
  test("shows the matrix of cdktf.out/access.json, or of --report", async () => {
    const { code, out, err } = await on("access");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/eu\/shop\/web +SELECT, UPDATE +shop\.sales\.wizard +1h\/24h +1h\/24h +24h/);
    expect((await leasehold(["access", "--report", "other.json"], { "other.json": BASE })).out).toBe(out);
    expect((await leasehold(["access", "--report=-"], { "-": BASE })).out).toBe(out);
  });

  test.each([
    [["--workload", "shop/migrator"], ["eu/shop/migrator"]],
    [
      ["--table", "shop.sales.customer"],
      ["eu/shop/migrator", "eu/shop/web"],
    ],
    [["--table", "ledger"], ["eu/shop/erp"]],
    [["--verb", "execute", "--workload", "shop/web"], ["eu/shop/web"]],
    [["--verb", "DELETE", "--workload", "shop/web"], []],
  ])("%j filters it", async (args, who) => {
    const { out } = await on("access", "--json", ...args);
    expect(JSON.parse(out).rows.map((row: { who: string }) => row.who)).toEqual(who);
  });

  test("as JSON holds every row with its lines, and what is not known", async () => {
    const { rows, ...rest } = JSON.parse((await on("access", "--json")).out);
    expect(rest).toEqual({ version: 1, unclassified: SAMPLE.unclassified, notJudged: SAMPLE.notJudged });
    expect(rows[3]).toEqual({
      who: "eu/shop/web",
      privileges: ["SELECT"],
      database: { instance: "main", database: "shop" },
      object: { kind: "table", schema: "sales", name: "customer" },
      columns: ["country", "name"],
      lifetime: { token: { ttl: 3600, max: 86400 }, lease: { ttl: 3600, max: 86400 }, session: { max: 86400 } },
      via: {
        policy: "leasehold_eu_shop_web_database.main.shop",
        mountPath: "database/main/shop",
        databaseRole: "eu.shop.web",
        groupRole: "eu_shop_web_shop",
      },
      grantedBy: [{ path: "access/shop/web", source: "main.ts:40" }],
    });
  });

  test("as CSV, filtered as any other form", async () => {
    const { code, out } = await on("access", "--format=csv", "--workload", "shop/migrator");
    expect(code).toBe(0);
    expect(out).toMatch(/^"record","who",[^]*\r\n"access","eu\/shop\/migrator","ALL",/);
    expect(out).not.toContain("eu/shop/web");
  });

  test("as a review to be signed: dated, of a named commit, with the digest of what was read", async () => {
    const { code, out } = await on("access", "--format", "review", "--title", "shop, commit 1a2b3c4 of 2026-03-31");
    expect(code).toBe(0);
    expect(out).toMatch(/^# Access review\n/);
    expect(out).toContain("| `shop, commit 1a2b3c4 of 2026-03-31` |");
    expect(out).toMatch(/\| Printed on +\| \d{4}-\d\d-\d\d +\|/);
    const digest = createHash("sha256").update(FILES["cdktf.out/access.json"]).digest("hex");
    expect(out).toContain(`\`${digest}\``);
    expect(out).toMatch(/\| Owner of the data +\|/);
    // The whole report is in it, with what the graph does not explain.
    const { out: report } = await on("access", "--markdown");
    expect(out.endsWith(report.replace(/^(#+) /gm, "#$1 "))).toBe(true);
    expect(out).toContain("### Unclassified");
  });

  test("as Markdown, and the explorer beside it", async () => {
    const { out, written } = await on("access", "--markdown", "--html", "access.html");
    expect(out).toMatch(/^# Access\n/);
    expect(Object.keys(written)).toEqual(["access.html"]);
    expect(written["access.html"]).toMatch(/^<!doctype html>/i);
    expect((await on("access", "--html", "nowhere/x")).err).toBe(
      'leasehold: "nowhere/x" cannot be written (ENOENT): name a file that can\n',
    );
  });

  test("as wide as the terminal, and coloured only there", async () => {
    const narrow = await leasehold(["access"], FILES, { width: 60, colour: true });
    // eslint-disable-next-line no-control-regex
    const plain = narrow.out.replace(/\u001b\[\d+m/g, "");
    expect(plain).not.toBe(narrow.out);
    expect(Math.max(...plain.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

describe("who-can", () => {
  test("names everyone with the clocks and the line", async () => {
    const { code, out } = await on("who-can", "SELECT", "shop.sales.wizard.name");
    expect(code).toBe(0);
    expect(`\n${out}`).toMatchInlineSnapshot(`
     "
     SELECT on shop.sales.wizard.name: 2 workload identities

       Who               May     On                                       Covers     Token    Lease    Session  Why
       eu/shop/web       SELECT  shop.sales.wizard                        all of it  1h/24h   1h/24h   24h      main.ts:40
       eu/shop/migrator  ALL     shop_owner and all that it owns in shop  all of it  10m/10m  10m/10m  10m      main.ts:38

     note: 1 block of this program could change access in a way that is not shown here: \`leasehold access\` lists them
     "
    `);
  });

  test("says of a part that it is one", async () => {
    const { out } = await on("who-can", "SELECT", "shop.sales.customer");
    expect(out).toMatch(/1 workload identity, 1 workload identity on part of it/);
    expect(out).toMatch(/eu\/shop\/web +SELECT +shop\.sales\.customer\(country, name\) +part of it /);
  });

  test("nobody is an answer, and a table that no grant names is said to be one", async () => {
    const { code, out, err } = await on("who-can", "DELETE", "ledger.s.odd");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("DELETE on ledger.s.odd: nobody\n");
    expect(out).toContain("note: no grant names the table, sequence or function odd");
    expect(out).toContain("could change access in a way that is not shown here");
  });

  test("as JSON", async () => {
    const answer = JSON.parse((await on("who-can", "SELECT", "shop.sales.wizard", "--json")).out);
    expect(answer).toMatchObject({
      version: 1,
      privilege: "SELECT",
      holders: [{ edge: { identity: "eu/shop/web" }, extent: "whole" }, { edge: { identity: "eu/shop/migrator" } }],
      unmentioned: [],
      elsewhere: [],
      rightsNotKnown: [],
      unclassified: [{ name: "admin" }],
    });
  });

  test("as Markdown", async () => {
    expect((await on("who-can", "ANY", "ledger.s", "--markdown")).out).toContain("| `eu/shop/erp` | INSERT |");
  });
});

describe("--exit-code of who-can and why", () => {
  const clean = JSON.stringify({
    ...SAMPLE,
    unclassified: SAMPLE.unclassified.filter(({ reason }) => reason === "setting"),
  });
  test.each<[string[], number]>([
    [["who-can", "SELECT", "shop.sales.wizard"], 2],
    [["who-can", "DELETE", "ledger.s.odd"], 0],
    [["why", "shop/web", "SELECT", "shop.sales.wizard"], 2],
    [["why", "shop/web", "INSERT", "shop.sales.wizard"], 0],
  ])("%j", async (args, code) => {
    const files = { [DEFAULT]: clean };
    expect((await leasehold([...args, "--exit-code"], files)).code).toBe(code);
    expect((await leasehold(args, files)).code).toBe(0);
    // The sample has a policy by hand: nobody knows what it gives.
    expect((await on(...args, "--exit-code")).code).toBe(2);
  });

  test.each([
    ["who-can", "DELETE", "ledger.s.odd"],
    ["why", "shop/web", "INSERT", "ledger.s.odd"],
  ])("what PUBLIC may do in a database that Leasehold did not make could be it: %s", async (...args) => {
    const { graph, ...rest } = JSON.parse(clean) as AccessReport;
    const databases = graph.databases.map((database) => ({ ...database, publicRights: "unknown" }));
    const files = { [DEFAULT]: JSON.stringify({ ...rest, graph: { ...graph, databases } }) };
    expect((await leasehold([...args, "--exit-code"], { [DEFAULT]: clean })).code).toBe(0);
    expect((await leasehold([...args, "--exit-code"], files)).code).toBe(2);
    const answer = JSON.parse((await leasehold([...args, "--json"], files)).out) as object;
    expect(answer).toMatchObject({ rightsNotKnown: [{ database: "ledger", publicRights: "unknown" }] });
  });
});

test.each([
  [["access"], "rows", ["eu/shop/erp", "eu/shop/migrator", "eu/shop/web"]],
  [["who-can", "SELECT", "shop.sales.wizard"], "holders", ["eu/shop/migrator", "eu/shop/web"]],
  [["what-can", "shop/web"], "identities", ["eu/shop/web"]],
  [["why", "shop/web", "SELECT", "shop.sales.wizard"], "paths", ["eu/shop/web"]],
  [["why", "shop/web", "INSERT", "shop.sales.wizard"], "nearest", ["eu/shop/web"]],
  [["clocks", "shop/web"], "identities", ["eu/shop/web"]],
  [["diff", DEFAULT, "longer.json"], "changes", ["eu/shop/web"]],
])("the JSON of %j says who in one form", async (args, list, who) => {
  const rows = (JSON.parse((await on(...args, "--json")).out) as Record<string, { who: string }[]>)[list];
  expect([...new Set(rows.map((row) => row.who))].sort()).toEqual(who);
});

test("hosts stand in the report and in the way to a privilege", async () => {
  const { graph, ...rest } = SAMPLE;
  const identities = graph.identities.map((node) => ({ ...node, authHost: "https://api.example.com:6443" }));
  const databases = graph.databases.map((node) => ({ ...node, vaultAddress: `${node.database}.example.com:5433` }));
  const files = { [DEFAULT]: JSON.stringify({ ...rest, graph: { ...graph, identities, databases } }) };
  const { out } = await leasehold(["access"], files);
  expect(out).toMatch(/auth\/kubernetes-eu +https:\/\/api\.example\.com:6443 +says who a pod of eu is\n/);
  expect(out).toMatch(/database\/main\/shop +shop\.example\.com:5433 +gets the logins, as main\n/);
  const way = (await leasehold(["why", "shop/web", "SELECT", "shop.sales.wizard"], files)).out;
  expect(way).toContain("bound to eu/shop/web alone; Vault asks https://api.example.com:6443 who a pod is");
  expect(way).toContain("issues logins to main/shop, the server shop.example.com:5433");
});

describe("what-can", () => {
  test("shows what a workload may touch and where it arrives", async () => {
    const { code, out } = await on("what-can", "shop/web");
    expect(code).toBe(0);
    expect(out).toMatch(/^shop\/web: 1 workload identity\n/);
    expect(out).toContain("shop.staff.* (and those to come)");
    expect(out).toContain("feature-flags");
    expect(out).not.toContain("migrator");
  });

  test("as JSON", async () => {
    const answer = JSON.parse((await on("what-can", "*", "--json")).out);
    expect(answer).toMatchObject({ version: 1, identities: [{}, {}, {}, {}], unmentioned: [] });
  });
});

describe("why", () => {
  test("shows the seven links, each with the line that made it", async () => {
    const { code, out } = await on("why", "shop/web", "SELECT", "shop.sales.wizard");
    expect(code).toBe(0);
    expect(`\n${out}`).toMatchInlineSnapshot(`
     "
     shop/web SELECT on shop.sales.wizard: granted, by 1 way

     eu/shop/web SELECT on shop.sales.wizard: token 1h/24h, lease 1h/24h, session 24h
       Link            In          Name                                      What it lets through                                         Made by
       ServiceAccount  Kubernetes  shop/web                                  in cluster eu, with a token for the audience vault           main.ts:13
       auth role       Vault       auth/kubernetes-eu/role/shop.web          bound to eu/shop/web alone                                   main.ts:13
       policy          Vault       leasehold_eu_shop_web_database.main.shop  read on database/main/shop/creds/eu.shop.web                 main.ts:33
       database role   Vault       database/main/shop/roles/eu.shop.web      issues logins to main/shop                                   main.ts:33
       lease function  PostgreSQL  lease.issue                               in shop, executed by Vault's own login leasehold.vault_shop  main.ts:24
       group role      PostgreSQL  eu_shop_web_shop                          each login is a member of it                                 main.ts:33
       grant           PostgreSQL  SELECT                                    on sales.wizard                                              main.ts:40

     note: 1 block of this program could change access in a way that is not shown here: \`leasehold access\` lists them
     "
    `);
  });

  test("of what is not granted shows what comes nearest", async () => {
    const { code, out } = await on("why", "shop/web", "INSERT", "shop.sales.wizard");
    expect(code).toBe(0);
    expect(out).toContain("shop/web INSERT on shop.sales.wizard: not granted");
    expect(out).toMatch(/eu\/shop\/web +SELECT +shop\.sales\.wizard +privilege +main\.ts:40/);
  });

  test("as JSON and as Markdown", async () => {
    const question = ["why", "shop/web", "SELECT", "shop.sales.wizard"];
    expect(JSON.parse((await on(...question, "--json")).out)).toMatchObject({
      version: 1,
      paths: [{ links: [{}, {}, {}, {}, {}, {}, {}] }],
    });
    expect((await on(...question, "--markdown")).out).toContain("| ServiceAccount | Kubernetes | `shop/web` |");
  });
});

describe("diff", () => {
  test.each([
    ["same.json", "UNCHANGED: nobody's access changes", [0, 0, 0]],
    ["longer.json", "LONGER: 1 grant", [0, 2, 2]],
    ["narrowed.json", "narrowed: ", [0, 0, 2]],
    ["by-hand.json", "UNCLASSIFIED: 1 block", [0, 2, 2]],
  ])("of %s says %s", async (head, line, codes) => {
    const runs = await Promise.all(
      [[], ["--exit-code=broadened"], ["--exit-code", "any"]].map((more) => on("diff", DEFAULT, head, ...more)),
    );
    expect(runs.map(({ code }) => code)).toEqual(codes);
    for (const { out, err } of runs) {
      expect(out.slice(0, line.length)).toBe(line);
      expect(err).toBe("");
    }
  });

  test("the reverse of a growth is none", async () => {
    const { code, out } = await on("diff", "longer.json", DEFAULT, "--exit-code=broadened");
    expect(code).toBe(0);
    expect(out).toMatch(/^shorter: 1 grant\n/);
  });

  test("as JSON", async () => {
    const { out } = await on("diff", DEFAULT, "longer.json", "--json");
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      grows: true,
      verdicts: ["longer"],
      changes: [{ verdict: "longer", who: "eu/shop/web" }],
      unclassified: [],
    });
    expect(Object.keys(JSON.parse(out)).sort()).toEqual([...Object.keys(CHANGES), "grows"].sort());
  });

  test("as Markdown within a budget, and the explorer of the head with the differences", async () => {
    const { out, written } = await on("diff", DEFAULT, "longer.json", "--markdown", "--budget=2000", "--html=d.html");
    expect(out).toMatch(/^<!-- leasehold access diff -->\n### LONGER: 1 grant\n/);
    expect(Buffer.byteLength(out)).toBeLessThanOrEqual(2000);
    expect(Object.keys(written)).toEqual(["d.html"]);
  });
});

describe("what can be put right", () => {
  test.each<[string[], string]>([
    [["acces"], 'there is no command "acces": did you mean access?'],
    [["frobnicate"], 'there is no command "frobnicate": choose among access, who-can, '],
    [["access", "--nope"], "unknown option '--nope': `leasehold help access` shows what it takes"],
    [["access", "x"], 'there is no place for "x". Usage: leasehold access'],
    [["access", "--json", "--markdown"], "--json and --markdown were given: choose one of them"],
    [["access", "--workload", "shop/wbe"], "the program has no workload shop/wbe; did you mean shop/web?"],
    [["access", "--format", "xml"], '--format "xml": choose csv or review, or --json or --markdown'],
    [["access", "--format", "csv", "--json"], "--format csv was given with --json or --markdown: choose one of them"],
    [["who-can", "SELECT"], "<object> is missing. Usage: leasehold who-can <privilege> <object>"],
    [["who-can", "SELECT", "shoop.sales.wizard"], "the program has no database shoop; did you mean shop?"],
    [["who-can", "SELEKT", "shop"], 'privilege "SELEKT" cannot be granted: choose among ANY, '],
    [["who-can", "SELECT", "shop..x"], 'object "shop..x" has "."'],
    [["what-can", "nobody"], 'workload "nobody" has no namespace: write namespace/ServiceAccount'],
    [["what-can", "a/zzzzzzz"], "the program has no workload a/zzzzzzz: `leasehold access` shows all that it has"],
    [["why", "shop/web", "SELECT"], "<object> is missing. Usage: leasehold why <workload> <privilege> <object>"],
    [["diff", "x.json", DEFAULT], 'there is no report "x.json": write it with `npx cdktf synth`'],
    [["diff", DEFAULT, DEFAULT, "--exit-code=all"], '--exit-code "all": choose broadened or any'],
    [
      ["diff", DEFAULT, DEFAULT, "--markdown", "--budget=many"],
      '--budget "many": choose a number of bytes of at least',
    ],
    [["diff", DEFAULT, DEFAULT, "--budget=5000"], "--budget was given without --markdown: nothing else is cut"],
  ])("%j", async (args, message) => {
    const { code, out, err } = await on(...args);
    expect(err.slice(0, message.length + 11)).toBe(`leasehold: ${message}`);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^.*\n$/);
  });

  test("no report, with the way to one", async () => {
    expect(await leasehold(["access"])).toMatchObject({
      code: 1,
      err: 'leasehold: there is no report "cdktf.out/access.json": write it with `npx cdktf synth`, or give another one with --report <file>\n',
    });
  });

  test("a file that is not a report, with all that is wrong", async () => {
    const { code, err } = await leasehold(["access"], { [DEFAULT]: '{"version":1}' });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^leasehold: "cdktf.out\/access.json": this is not an access report of version 1.x:\n {2}\/\$schema is absent/,
    );
  });

  test("a report that is not whole, without a line that a log would obey", async () => {
    const name = "x\n::error::y";
    const graph = graphOf({ identities: [identity("web")], edges: [{ ...edge("web", "shop", []), mountPath: name }] });
    const files = { [DEFAULT]: JSON.stringify(reportOf({ graph })) };
    const asked = await leasehold(["what-can", "shop/web"], files);
    expect(asked.code).toBe(1);
    expect(asked.err).toContain("it is not whole");
    expect(asked.err).not.toMatch(/^\s*::/m);
    expect((await leasehold(["access"], files)).code).toBe(0);
  });
});

describe("help", () => {
  test.each(["", ...COMMANDS.map(({ name }) => name)])("of %j fits a terminal of 80 columns", async (name) => {
    const { out } = await leasehold(["help", ...(name === "" ? [] : [name])], {}, { width: 80 });
    expect(out.split("\n").filter((line) => line.length > 80 && !line.startsWith("Usage: "))).toEqual([]);
  });

  test("names every command; a call without one fails", async () => {
    const { code, out } = await on("help");
    expect(code).toBe(0);
    for (const name of ["access", "who-can", "what-can", "why", "diff"]) expect(out).toContain(`\n  ${name} `);
    expect(await on("--help")).toMatchObject({ code: 0, out });
    expect(await on()).toMatchObject({ code: 1, out: "", err: out });
  });

  test.each(["access", "who-can", "what-can", "why", "diff"])("of %s names its options", async (name) => {
    const { out } = await on("help", name);
    expect(out).toMatch(new RegExp(`^Usage: leasehold ${name}`));
    expect(out).toContain("--json");
    expect((await on(name, "--help")).out).toBe(out);
  });

  test("the version is the package's", async () => {
    const { version } = jest.requireActual<{ version: string }>("../../package.json");
    expect(await on("--version")).toMatchObject({ code: 0, out: `${version}\n` });
  });
});

test("no name of a report acts in a terminal or in a log", async () => {
  const edges = ATTACKS.map((name) =>
    edge("web", "shop", [{ object: { kind: "table", schema: name, name }, privilege: "SELECT" }], { policy: name }),
  );
  const graph = graphOf({ identities: [identity("web")], databases: [database("shop")], edges: edges.slice(0, 1) });
  const one = { ...graph.edges[0], grants: edges.flatMap(({ grants }) => grants) };
  const files = {
    [DEFAULT]: JSON.stringify(reportOf({ graph: { ...graph, edges: [one] } })),
    "base.json": JSON.stringify(reportOf({ graph: { ...graph, edges: [] } })),
  };
  const calls = [
    ["access"],
    ["who-can", "ANY", "shop"],
    ["what-can", "shop/web"],
    ["why", "shop/web", "ANY", "shop"],
    ["diff", "base.json", DEFAULT],
  ];
  for (const call of calls) {
    for (const form of [[], ["--json"], ["--markdown"]]) {
      const { code, out } = await leasehold([...call, ...form], files);
      expect(code).toBe(0);
      expect(out.replace(/\n/g, "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(out).not.toMatch(/^\s*::|##(vso)?\[/m);
    }
  }
});
