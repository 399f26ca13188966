import Ajv2020 from "ajv/dist/2020";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseReport, ReportError } from "../../../constructs";
import { formatReport, readReport } from "../../../access/report/parse-report";
import { pathsOf } from "../../../access/questions/paths";
import { diffReports, grows } from "../../../access/diff/diff";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION } from "../../../access/report/report";
import { database, delivery, edge, graphOf, identity } from "../../support/graph";

const schema = JSON.parse(readFileSync(join(__dirname, "../../../schema/access-1.json"), "utf8")) as object;
const accepts = new Ajv2020({ strict: true, allErrors: false }).compile(schema);

/** A report with every kind of field, written by hand. */
const FULL: AccessReport = {
  $schema: REPORT_SCHEMA,
  version: REPORT_VERSION,
  graph: graphOf({
    identities: [
      identity("web", { policies: ["flags"], authHost: "https://k.example.com" }),
      identity("far", { tokenIssuer: "https://i.example.com", issuerKeys: ["sha256:00"], deletedPodToken: 660 }),
      identity("erp", { external: true, source: undefined }),
      identity("migrator"),
    ],
    databases: [
      database("shop", { vaultAddress: "db.example.com:5432", publicRights: "unknown" }),
      database("old", {
        knownRights: {
          lookedUp: "2026-05-01",
          rights: [
            { who: "PUBLIC", privilege: "SELECT", kind: "column", schema: "sales", name: "wizard", column: "name" },
            { who: "legacy", privilege: "ACT AS", kind: "role", name: "old_owner" },
          ],
        },
      }),
      database("far", { external: true, owner: "", instance: "", majorVersion: 0 }),
    ],
    edges: [
      edge("web", "shop", [
        { object: { kind: "database" }, privilege: "CONNECT" },
        { object: { kind: "schema", schema: "sales" }, privilege: "USAGE" },
        { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" },
        { object: { kind: "table", schema: "staff" }, privilege: "DELETE" },
        { object: { kind: "column", schema: "sales", name: "wizard", column: "name" }, privilege: "UPDATE" },
        { object: { kind: "sequence", schema: "sales", name: "id" }, privilege: "USAGE" },
        { object: { kind: "function", schema: "sales", name: "f(integer)" }, privilege: "EXECUTE" },
      ]),
      edge("migrator", "shop", [], { actsAs: "shop_owner" }),
    ],
    deliveries: [delivery("web", "shop")],
    workloads: [
      {
        path: "w/web",
        source: "main.ts:7",
        kind: "Deployment",
        namespace: "shop",
        name: "web",
        identity: "eu/shop/web",
        containers: [
          { name: "first", image: "postgres:18", runs: "1".repeat(64), init: true },
          { name: "app", runs: "2".repeat(64) },
        ],
        placement: "3".repeat(64),
      },
      {
        path: "w/cron",
        kind: "CronJob",
        namespace: "shop",
        name: "cron",
        identity: "eu/shop/web",
        pods: 0,
        starts: "0 3 * * * Europe/Zurich",
        demands: [
          { name: "annotation vault.hashicorp.com/role", says: "4".repeat(64) },
          { name: "injector", says: "5".repeat(64), opens: true },
        ],
      },
    ],
  }),
  unclassified: [
    {
      path: "raw/p",
      source: "main.ts:9",
      stack: "raw",
      block: "resource",
      type: "vault_policy",
      name: "p",
      reason: "raw",
      digest: "0".repeat(64),
    },
  ],
  notJudged: [{ provider: "aws", count: 2 }],
};
const text = formatReport(FULL);
const fresh = (): Json => JSON.parse(text) as Json;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

function refusal(value: unknown): string {
  try {
    parseReport(typeof value === "string" ? value : JSON.stringify(value));
  } catch (error) {
    expect((error as Error).name).toBe("ReportError");
    return (error as Error).message;
  }
  throw new Error("it was read");
}

/** Every place in a value: the object or list that holds it, its key, and the pointer. */
function places(
  value: Json,
  pointer = "",
): { readonly holder: Record<string, Json>; readonly key: string; readonly pointer: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const holder = value as Record<string, Json>;
    const here = `${pointer}/${key}`;
    return [{ holder, key, pointer: here }, ...places(holder[key], here)];
  });
}

test("what is written is read again, the same", () => {
  expect(accepts(fresh())).toBe(true);
  expect(parseReport(text)).toEqual(JSON.parse(JSON.stringify(FULL)));
  expect(formatReport(parseReport(text))).toBe(text);
});

test("the example's is of the schema, and is read", () => {
  const example = readFileSync(join(__dirname, "../../golden/shop/access.json"), "utf8");
  expect(accepts(JSON.parse(example))).toBe(true);
  expect(formatReport(parseReport(example))).toBe(example);
});

test("a report that somebody else holds is copied: who changes it later changes nothing of what was read", () => {
  const given = JSON.parse(text) as AccessReport;
  const read = readReport(given);
  for (const edge of given.graph.edges) (edge.grants as unknown[]).length = 0;
  (given.graph.identities[0] as { authRole: string }).authRole = "other";
  expect(read).toEqual(parseReport(text));
});

test("the order of fields in memory leaves no trace in the text, nor do fields that are undefined", () => {
  const turned = JSON.parse(text, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).reverse())
      : value,
  ) as AccessReport;
  expect(formatReport(turned)).toBe(text);
});

const VALUES: readonly Json[] = [
  null,
  true,
  "",
  "x",
  0,
  -1,
  1.5,
  1,
  2 ** 53,
  [],
  {},
  [{}],
  "SELECT",
  "table",
  "0".repeat(64),
];

test("schema and reader agree on what is changed at one place, at every place", () => {
  const count = places(fresh()).length;
  const disagree: string[] = [];
  let refused = 0;
  for (let index = 0; index < count; index++) {
    for (const change of ["drop", "add", ...VALUES.keys()] as const) {
      const report = fresh();
      const { holder, key, pointer } = places(report)[index];
      if (change === "drop") {
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else delete holder[key];
      } else if (change === "add") {
        const inner = holder[key];
        if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) inner.surplus = 1;
      } else holder[key] = VALUES[change];
      const valid = accepts(report);
      let read = true;
      try {
        parseReport(JSON.stringify(report));
      } catch {
        read = false;
      }
      if (!read) refused++;
      if (valid !== read) disagree.push(`${pointer} ${String(change)}: schema ${valid}, reader ${read}`);
    }
  }
  expect(disagree).toEqual([]);
  expect(refused).toBeGreaterThan(1000);
});

test("schema and reader agree on several changes at once, and on anything else that is JSON", () => {
  const agree = (value: unknown): void => {
    const valid = accepts(value);
    let read = true;
    try {
      parseReport(JSON.stringify(value));
    } catch (error) {
      expect(error).toBeInstanceOf(ReportError);
      read = false;
    }
    expect({ value, read }).toEqual({ value, read: valid });
  };
  fc.assert(fc.property(fc.jsonValue(), agree));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.jsonValue()), { minLength: 1, maxLength: 3 }), (changes) => {
      const report = fresh();
      for (const [at, value] of changes) {
        const all = places(report);
        if (all.length === 0) continue;
        const { holder, key } = all[at % all.length];
        holder[key] = value as Json;
      }
      agree(JSON.parse(JSON.stringify(report)));
    }),
    { numRuns: 500 },
  );
});

describe("a refusal says what is wrong, where and how to put it right", () => {
  test.each<[string, (report: { [key: string]: Json }) => void, string]>([
    [
      "a time in words",
      (report) => Object.assign((report.graph as { edges: object[] }).edges[1], { leaseTtl: "1h" }),
      '/graph/edges/1/leaseTtl is "1h", but should be a whole number of at least 0',
    ],
    [
      "a field that is missing",
      (report) => delete (report.graph as { databases: { sslMode?: string }[] }).databases[0].sslMode,
      "/graph/databases/0/sslMode is absent, but should be text",
    ],
    [
      "a field that is not known",
      (report) => Object.assign(report, { "a/b~c": 1 }),
      "/a~1b~0c is 1, but should be absent: no such field is known; use the Leasehold that wrote the file",
    ],
    [
      "a privilege that the kind of object does not have",
      (report) =>
        Object.assign((report.graph as { edges: { grants: object[] }[] }).edges[0].grants[5], { privilege: "INSERT" }),
      '/graph/edges/0/grants/5/privilege is "INSERT", but should be "USAGE" or "SELECT" or "UPDATE"',
    ],
    [
      "an object of a kind that is not known",
      (report) =>
        Object.assign((report.graph as { edges: { grants: { object: object }[] }[] }).edges[0].grants[5].object, {
          kind: "view",
        }),
      '/graph/edges/0/grants/5/object/kind is "view", but should be "database" or "schema" or "table" or "column" or "sequence" or "function"',
    ],
    [
      "a column without its table",
      (report) =>
        delete (report.graph as { edges: { grants: { object: { name?: string } }[] }[] }).edges[0].grants[4].object
          .name,
      "/graph/edges/0/grants/4/object/name is absent, but should be text",
    ],
  ])("%s", (_, change, message) => {
    const report = fresh() as { [key: string]: Json };
    change(report);
    expect(refusal(report)).toBe(`this is not an access report of version 1.x:\n  ${message}\n`);
  });

  test("another version, before anything else of it is looked at", () => {
    expect(refusal({ version: 2, graph: {} })).toContain(
      "/version is 2, and this Leasehold reads versions 1.x; use the Leasehold that wrote the file",
    );
    for (const version of ["1", "2.0", "1.01", "1.1.0", 1.1, null])
      expect(refusal({ ...(fresh() as object), version })).toContain(`/version is ${JSON.stringify(version)}`);
  });

  test.each(["", "{", "access", '{"version":1}{', "\u0000"])("what is not JSON: %j", (broken) => {
    expect(refusal(broken)).toContain("it is not JSON; give the access.json that `cdktf synth` wrote, whole");
  });

  test("at most ten things of a file that is wrong throughout", () => {
    expect(refusal({ ...(fresh() as object), notJudged: Array(50).fill(1) }).split("\n")).toHaveLength(12);
  });
});

describe("a file from a stranger", () => {
  test("changes no prototype, and gets nothing from one", () => {
    const hostile = text.replace('"version": "1.3",', '"version": "1.3", "__proto__": {"polluted": true},');
    expect(refusal(hostile)).toContain("/__proto__ is an object, but should be absent");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const inside = text.replace('"path": "raw/p"', '"__proto__": {"path": "raw/p"}');
    expect(refusal(inside)).toContain("/unclassified/0/path is absent");
    expect(refusal(text.replace('"kind": "view"', "").replace('"kind": "schema"', '"kind": "constructor"'))).toContain(
      '/object/kind is "constructor"',
    );
  });

  test("is copied: what is read has no field that is not known, and no list or object of the file", () => {
    const read = parseReport(text);
    expect(Object.keys(read)).toEqual(["$schema", "version", "graph", "unclassified", "notJudged"]);
    expect(Object.getPrototypeOf(read.graph)).toBe(Object.prototype);
  });

  test("says nothing to a terminal, and not much", () => {
    const report = fresh() as { notJudged: Json };
    report.notJudged = [{ provider: 1, count: `\u001b[2J\u009b\u202e${"x".repeat(100_000)}`, ["\u001b[31m"]: 1 }];
    const message = refusal(report as Json);
    expect(message).toMatch(/^[\x20-\x7e\n]*$/);
    expect(message.length).toBeLessThan(1000);
    expect(message).toContain("\\u001b");
  });

  test("may be nested as deep as it likes", () => {
    expect(refusal("[".repeat(1_000_000))).toContain("not an access report");
    expect(refusal(`${"[".repeat(5000)}${"]".repeat(5000)}`)).toContain("it is a list");
  });

  test("keeps its text as it is, whatever it looks like", () => {
    const names = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(names, names, (a, b) => {
        const report = {
          ...FULL,
          notJudged: [{ provider: a, count: 1 }],
          unclassified: [{ ...FULL.unclassified[0], path: b }],
        };
        expect(parseReport(formatReport(report)).notJudged[0].provider).toBe(a);
        expect(parseReport(formatReport(report)).unclassified[0].path).toBe(b);
      }),
    );
  });
});

describe("a report can grow", () => {
  /** As 1.1 wrote it: without the names that follow from others. */
  const unnamed = (): { [key: string]: Json } => {
    const report = fresh() as { graph: { [key: string]: Json }; [key: string]: Json };
    const names = ["vaultLogin", "estateRole", "connection", "schemaWideRole", "starts", "demands"];
    const without = (list: Json): Json =>
      (list as object[]).map((node) =>
        Object.fromEntries(Object.entries(node).filter(([key]) => !names.includes(key))),
      );
    const { databases, edges, workloads, ...graph } = report.graph;
    return {
      ...report,
      version: "1.1",
      graph: { ...graph, databases: without(databases), edges: without(edges), workloads: without(workloads) },
    };
  };
  /** As Leasehold wrote it before there were minor versions. */
  const old = (): { [key: string]: Json } => {
    const report = unnamed() as { graph: { [key: string]: Json }; [key: string]: Json };
    const { workloads: _, ...graph } = report.graph;
    const databases = (graph.databases as object[]).map((node) => ({
      instance: "",
      owner: "",
      majorVersion: 0,
      ...node,
    }));
    return {
      ...report,
      $schema: "leasehold/schema/access-1.json",
      version: 1,
      graph: { ...graph, databases, version: 1 },
    };
  };
  const newer = (change: (report: { [key: string]: Json }) => void): AccessReport => {
    const report = { ...(fresh() as object), version: "1.4", $schema: "urn:later" } as { [key: string]: Json };
    change(report);
    return parseReport(JSON.stringify(report));
  };
  const edges = (report: { [key: string]: Json }): { [key: string]: Json }[] =>
    (report.graph as { edges: { [key: string]: Json }[] }).edges;

  test("one of version 1 is read as what it says, and nobody's access differs from the same in the newest", () => {
    const read = parseReport(JSON.stringify(old()));
    expect(read.graph.workloads).toBeUndefined();
    expect(read.graph.databases).toEqual(FULL.graph.databases);
    const { workloads: _, ...graph } = FULL.graph;
    expect(diffReports(read, { ...FULL, graph }).verdicts).toEqual([]);
    expect(formatReport(read)).toContain('"version": "1.3"');
  });

  test("one of 1.1 is read with the names of roles that followed from the others, and nobody's access differs", () => {
    const read = parseReport(JSON.stringify(unnamed()));
    const workloads = FULL.graph.workloads?.map(({ starts: _starts, demands: _demands, ...node }) => node);
    expect(read).toEqual(JSON.parse(JSON.stringify({ ...FULL, graph: { ...FULL.graph, workloads }, readFrom: "1.1" })));
    expect(read.graph.edges.map(({ schemaWideRole }) => schemaWideRole)).toContain("leasehold.all_eu_shop_web_shop");
    const { databases } = unnamed().graph as { databases: { [key: string]: Json }[] };
    const said = { ...(unnamed().graph as object), databases: [{ ...databases[0], vaultLogin: "somebody" }] };
    expect(refusal({ ...unnamed(), graph: said })).toContain(
      '/graph/databases/0/vaultLogin is "somebody", but should be absent: it is said from 1.2 on',
    );
  });

  test("another name of a role than before is another way, and is shown", () => {
    const changed = (part: "databases" | "edges", more: object): AccessReport => ({
      ...FULL,
      graph: { ...FULL.graph, [part]: FULL.graph[part].map((node) => ({ ...node, ...more })) },
    });
    const links = (report: AccessReport): string[] => [
      ...new Set(diffReports(FULL, report).changes.flatMap((change) => change.links.map(({ link }) => link))),
    ];
    expect(links(changed("databases", { vaultLogin: "other" }))).toEqual(["Vault's login"]);
    expect(links(changed("databases", { estateRole: "other" }))).toEqual(["estate role"]);
    expect(links(changed("databases", { connection: "other" }))).toEqual(["connection"]);
    expect(links(changed("edges", { schemaWideRole: "other" }))).toEqual(["schema-wide role"]);
  });

  test("an older one that says what its version does not know is refused", () => {
    expect(refusal({ ...old(), graph: { ...(old().graph as object), workloads: [] } })).toContain("/graph/workloads");
    expect(refusal({ ...(fresh() as object), version: "1.2" })).toContain(
      "/graph/workloads/1/demands is a list, but should be absent: it is said from 1.3 on",
    );
    expect(refusal({ ...old(), $schema: "urn:leasehold:schema:access-1" })).toContain("/$schema");
    expect(refusal({ ...old(), graph: { ...(old().graph as object), version: 2 } })).toContain("/graph/version is 2");
  });

  test("nothing that stands for what is not known is in the file", () => {
    expect(text).not.toMatch(/"(instance|owner)": ""|"(majorVersion|tokenTtl|tokenMaxTtl)": 0/);
    const table = { kind: "table", schema: "s", name: "" } as const;
    const odd = { ...FULL, graph: graphOf({ edges: [edge("web", "shop", [{ object: table, privilege: "SELECT" }])] }) };
    expect(parseReport(formatReport(odd)).graph.edges[0].grants[0].object).toEqual(table);
  });

  test.each<[string, (report: { [key: string]: Json }) => void, string]>([
    ["a list", (report) => (report.pipelines = [{ name: "ci" }]), "/pipelines"],
    ["a field of an edge", (report) => (edges(report)[0].rowFilter = "true"), "/graph/edges/*/rowFilter"],
    [
      "a privilege",
      (report) => ((edges(report)[0].grants as { privilege: string }[])[0].privilege = "MAINTAIN ALL"),
      "/graph/edges/*/grants/*",
    ],
    [
      "a kind of workload",
      (report) => ((report.graph as { workloads: { kind: string }[] }).workloads[0].kind = "ReplicaSet"),
      "/graph/workloads/*",
    ],
  ])("%s of a newer one is shown as not understood, and counts as growth", (_, change, place) => {
    const [plain, more] = [newer(() => undefined), newer(change)];
    expect(plain).toEqual(parseReport(text));
    expect(more.unclassified.filter(({ reason }) => reason === "unknown")).toEqual([
      expect.objectContaining({ block: "report", type: place, stack: "access.json" }),
    ]);
    const diff = diffReports(plain, more);
    expect([diff.verdicts.includes("unclassified"), grows(diff)]).toEqual([true, true]);
    expect(diffReports(more, newer(change)).verdicts).toEqual([]);
    expect(accepts(JSON.parse(formatReport(more)))).toBe(true);
  });

  test("what is not understood is known by what the file says of it, also where that is refused", () => {
    const holding = (privilege: string): AccessReport =>
      newer((report) => ((edges(report)[0].grants as { privilege: string }[])[0].privilege = privilege));
    expect(diffReports(holding("MAINTAIN SOME"), holding("MAINTAIN ALL")).verdicts).toEqual(["unclassified"]);
  });

  test("an identity of a kind that a newer one knows is shown as not understood, with what it is granted", () => {
    const more = newer((report) => {
      const { identities } = report.graph as { identities: Json[] };
      identities[0] = { ...(identities[0] as object), key: { kind: "pipeline", repository: "shop" } };
    });
    expect(more.unclassified.filter(({ reason }) => reason === "unknown").map(({ type }) => type)).toEqual([
      "/graph/identities/*",
      "/graph/edges/*",
    ]);
    expect(
      grows(
        diffReports(
          newer(() => undefined),
          more,
        ),
      ),
    ).toBe(true);
    expect(pathsOf(more.graph).map(({ edge: { identity } }) => identity)).toEqual(["eu/shop/migrator"]);
  });

  test("an identity says its kind; without one it is a ServiceAccount of Kubernetes", () => {
    const said = (kind: Json): unknown => {
      const report = JSON.parse(text) as { graph: { identities: { key: { [key: string]: Json } }[] } };
      report.graph.identities[0].key.kind = kind;
      return report;
    };
    const read = parseReport(JSON.stringify(said("kubernetes")));
    expect(read.graph.identities[0].key.kind).toBe("kubernetes");
    expect(diffReports(parseReport(text), read).verdicts).toEqual([]);
    expect(accepts(said("kubernetes"))).toBe(true);
    expect(refusal(said("pipeline"))).toContain('/graph/identities/0/key/kind is "pipeline"');
    expect(accepts(said("pipeline"))).toBe(false);
  });

  test("what a newer one says otherwise of a known field is refused: nothing can be read past it", () => {
    expect(() => newer((report) => (report.graph = []))).toThrow("/graph is a list");
  });

  test("a newer one may be nested as deep as it likes", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    try {
      parseReport(text.replace('"1.3"', '"1.9"').replace('"graph"', `"x": ${deep}, "graph"`));
    } catch (error) {
      expect(error).toBeInstanceOf(ReportError);
    }
  });
});
