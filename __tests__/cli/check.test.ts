import Ajv from "ajv";
import { App, TerraformStack, Token } from "cdktf";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";
import { DatabaseAccess, Findings } from "../../constructs";
import { Release } from "@cdktf/provider-helm/lib/release";
import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { shopInProduction } from "../support/production";
import { findingsOfRefusal, synthesize } from "../support/program";
import { here } from "../support/here";
import { checked, plainStack } from "../access/rules/support";
import { World } from "../support/world";
import { leasehold } from "./fake-io";

/** The SARIF schema of OASIS as @microsoft/jest-sarif publishes it (MIT), without its descriptions. */
const schema = JSON.parse(readFileSync(join(__dirname, "sarif-2.1.0.json"), "utf8")) as object;
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

interface Sarif {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly invocations: readonly { readonly toolExecutionNotifications: readonly { message: { text: string } }[] }[];
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly partialFingerprints: object;
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number };
        };
      }[];
    }[];
  }[];
}

async function sarif(build: (app: App) => void, production = false): Promise<Sarif> {
  const parsed = JSON.parse((await checked(build, { production, args: ["--format", "sarif"] })).out) as Sarif;
  validate(parsed);
  expect(validate.errors).toBeNull();
  return parsed;
}

test.each([
  ["{", "it is not JSON"],
  ["{}", "it is of version undefined, and this Leasehold reads 1"],
  ['{"version":1,"findings":[]}', "its `acknowledgements` are no list"],
  ['{"version":1,"findings":[],"acknowledgements":[]}', "its `production` is neither true nor false"],
  ['{"version":1,"findings":[],"acknowledgements":[],"production":true}', "its `lines` are no object"],
])("findings of a synthesis that read %s are refused: %s", async (text, problem) => {
  const report = readFileSync(join(__dirname, "../golden/shop/access.json"), "utf8");
  const files = { "cdktf.out/access.json": report, "cdktf.out/findings.json": text };
  const { code, err } = await leasehold(["check"], files);
  expect({ code, err }).toEqual({
    code: 1,
    err: `leasehold: "cdktf.out/findings.json": ${problem}: write it anew with \`npx cdktf synth\`\n`,
  });
});

describe("the example", () => {
  test("in production has nothing to be put right, and shows what it acknowledges", async () => {
    const { code, findings, acknowledged, notRead } = await checked(shopInProduction, { production: true });
    expect({ code, findings, notRead }).toEqual({ code: 0, findings: [], notRead: [] });
    expect(acknowledged.map(({ finding }) => finding.code)).toEqual(["postgres-version"]);
  });

  test("as a sandbox as well", async () => {
    expect(await checked((app) => shop(app, sandbox))).toMatchObject({ code: 0, findings: [], notRead: [] });
  });
});

describe("what is printed", () => {
  const superuser = (stack: TerraformStack): Role => new Role(stack, "dba", { name: "dba", superuser: true });

  test("says what, why, how to put it right, where, and the page; and exits with 2", async () => {
    let line = "";
    const { code, out } = await checked(
      (app) => {
        const stack = plainStack(app);
        line = here(1);
        new Role(stack, "dba", { name: "dba", superuser: true });
      },
      { args: [] },
    );
    expect(code).toBe(2);
    expect(out.replace(line, "LINE")).toContain(`error  postgres-superuser
  own/dba  (LINE)
    superuser is true
  why  Each of these reads every row of the server, whatever is granted.
  fix  leave the attribute out, and grant what is needed; backups may have a predefined role of their own
  see  docs/rules.md#postgres-superuser
`);
  });

  test.each([80, 120])("fits %d columns", async (width) => {
    const { out } = await checked(
      (app) => {
        const stack = plainStack(app);
        superuser(stack);
        new Release(stack, "other", { name: "a-release", chart: "a-chart-of-somebody-else-with-a-long-name" });
        Findings.acknowledge(stack, { code: "postgres-superuser", reason: "it is a test ".repeat(20), by: "us" });
      },
      { args: [], width },
    );
    expect(out.split("\n").filter((line) => line.length > width)).toEqual([]);
  });

  test("what could not be read is said, and nothing found does not hide it", async () => {
    const { code, out } = await checked(
      (app) => void new Release(plainStack(app), "other", { name: "a", chart: "postgresql" }),
      { args: [] },
    );
    expect(code).toBe(0);
    expect(out).toContain("Nothing was found; 1 thing could not be read.");
    expect(out).toContain('why: chart "postgresql": what it installs is not read');
  });

  test.each(["text", "json", "sarif"])("%s lists what is computed when Terraform runs", async (format) => {
    const { code, out } = await checked(
      (app) => void new Role(plainStack(app), "dba", { name: "dba", superuser: Token.asAny("${var.x}") }),
      { args: ["--format", format] },
    );
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, " ")).toContain("postgresql_role.dba: superuser is computed when Terraform runs");
  });

  test("names of the program act in no terminal and no log", async () => {
    const { out } = await checked(
      (app) => void superuser(new TerraformStack(plainStack(app).node.root, "a\u202e::b")),
      {
        args: [],
      },
    );
    expect(out).toContain("a\\u202e\\u003a:b/dba");
  });
});

describe("sarif", () => {
  test("holds to the schema, with the user's file and line", async () => {
    let line = "";
    const { runs } = await sarif((app) => {
      const stack = plainStack(app);
      line = here(1);
      new Role(stack, "dba", { name: "dba", superuser: true });
    });
    const [{ results, tool }] = runs;
    expect(results).toHaveLength(1);
    const { ruleId, ruleIndex, level, locations } = results[0];
    expect({ ruleId, level, rule: tool.driver.rules[ruleIndex].id }).toEqual({
      ruleId: "postgres-superuser",
      level: "error",
      rule: "postgres-superuser",
    });
    const { artifactLocation, region } = locations[0].physicalLocation;
    expect(`${artifactLocation.uri}:${region.startLine}`).toBe(line);
  });

  test("of what synthesis advised, and of nothing, holds to it as well", async () => {
    const { runs } = await sarif((app) => {
      const world = new World(app);
      world.accessTo().schema("s").table("t").grants.read(world.identity("web"));
    });
    expect(runs[0].results.map(({ ruleId }) => ruleId).sort()).toEqual(["ca-missing", "credential-not-delivered"]);
    expect((await sarif((app) => void plainStack(app))).runs[0].results).toEqual([]);
  });

  test("one that moved to another line is the same alert", async () => {
    const first = await sarif((app) => void new Role(plainStack(app), "dba", { name: "dba", superuser: true }));
    const second = await sarif((app) => {
      new Role(plainStack(app), "dba", { name: "dba", superuser: true });
    });
    expect(first.runs[0].results[0].partialFingerprints).toEqual(second.runs[0].results[0].partialFingerprints);
  });
});

describe("acknowledged", () => {
  const program =
    (props: Partial<Parameters<typeof Findings.acknowledge>[1]>, on: "stack" | "role" = "role") =>
    (app: App): void => {
      const stack = plainStack(app);
      const role = new Role(stack, "dba", { name: "dba", superuser: true });
      Findings.acknowledge(on === "role" ? role : stack, {
        code: "postgres-superuser",
        reason: "it is meant",
        ...props,
      });
    };

  test.each(["role", "stack"] as const)(
    "for its %s, a finding is shown apart, with who, why and until when",
    async (on) => {
      const build = program({ by: "the data team", until: "9999-12-31" }, on);
      expect(await checked(build)).toMatchObject({
        code: 0,
        findings: [],
        acknowledged: [{ finding: { path: "own/dba" } }],
      });
      const { out } = await checked(build, { args: [] });
      expect(out).toContain("reason: it is meant");
      expect(out).toMatch(/by: the data team, \S+check\.test\.ts:\d+, until 9999-12-31/);
      expect((await sarif(build)).runs[0].results).toEqual([]);
    },
  );

  test("until a day that is over, it is a finding again, and so is the acknowledgement", async () => {
    const { code, findings } = await checked(program({ until: "2020-01-31" }));
    expect(code).toBe(2);
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ["postgres-superuser", "superuser is true"],
      ["acknowledgement", "the acknowledgement of postgres-superuser ended on 2020-01-31: it is meant"],
    ]);
  });

  test("one that covers nothing any more is a finding", async () => {
    const { findings } = await checked(program({ code: "postgres-public" }));
    expect(findings.map(({ message }) => message)).toContain(
      "the acknowledgement of postgres-public covers no finding any more",
    );
  });

  test("a later finding of the same place is not hidden by it", async () => {
    const { findings } = await checked((app) => {
      const stack = plainStack(app);
      const role = new Role(stack, "dba", { name: "dba", superuser: true, login: true });
      Findings.acknowledge(role, { code: "postgres-superuser", reason: "it is meant" });
      new Role(stack, "dba2", { name: "dba2", superuser: true });
    });
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "postgres-superuser own/dba2",
      "postgres-lasting-login own/dba",
    ]);
  });

  test("a warning of synthesis is not printed by cdktf any more", () => {
    const build = (app: App, acknowledge: boolean): void => {
      const world = new World(app);
      const { db } = world;
      db.schema("s").table("t").grants.read(world.identity("web"));
      if (acknowledge)
        Findings.acknowledge(world.access, { code: "credential-not-delivered", reason: "a person uses it" });
    };
    const warnings = (acknowledge: boolean): string[] =>
      Object.values(synthesize((app) => build(app, acknowledge), { skipValidation: true })).flatMap(({ warnings }) => [
        ...warnings,
      ]);
    expect(warnings(false).join()).toContain("credential-not-delivered");
    expect(warnings(true).join()).not.toContain("credential-not-delivered");
  });

  test("what production refuses of a sandbox can be, and is shown", async () => {
    const build = (app: App): void => {
      const world = World.production(app);
      const plain = world.server("plain", { sslMode: "disable" });
      const database = world.databaseOf("plain", plain);
      const access = world.second(database, "plain-access");
      const db = new DatabaseAccess(access, "plain", { database });
      Findings.acknowledge(access, { code: "sslmode-production", reason: "its wire is a WireGuard tunnel" });
      db.schema("s").table("t").grants.read(world.identity("web"));
    };
    const { acknowledged } = await checked(build, { production: true });
    expect(acknowledged.map(({ finding }) => finding.code)).toEqual(["sslmode-production"]);
  });

  test("what cannot work cannot be", () => {
    const found = findingsOfRefusal((app) => {
      const world = new World(app);
      world.accessTo();
      Findings.acknowledge(world.accessTo({}, "twin"), { code: "database-duplicate", reason: "it is meant" });
      Findings.acknowledge(world.access, { code: "database-duplicate", reason: "it is meant" });
    });
    expect(found.map(({ code }) => code)).toEqual(["database-duplicate", "mount-overlap"]);
  });

  test.each([
    [{ reason: " " }, "the acknowledgement of postgres-superuser gives no reason"],
    [{ until: "2027-02-30" }, '"2027-02-30" is not a date'],
    [{ code: "postgres-superusr" }, 'there is no finding "postgres-superusr": did you mean postgres-superuser?'],
  ])("%j is refused", (props, message) => {
    expect(findingsOfRefusal(program(props))).toMatchObject([{ code: "acknowledgement", severity: "error", message }]);
  });

  test("of a whole program is refused: nobody has looked at it", () => {
    const found = findingsOfRefusal((app) => {
      plainStack(app);
      Findings.acknowledge(app, { code: "pod-root", reason: "everywhere" });
    });
    expect(found.map(({ message }) => message)).toEqual([
      "the acknowledgement of pod-root is for the whole program, which nobody has looked at",
    ]);
  });
});

describe("the command", () => {
  test("names the files that it lacks, and how they are made", async () => {
    expect(await leasehold(["check"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("npx cdktf synth") as string,
    });
    expect((await leasehold(["check", "--format", "xml"])).err).toContain("choose text, json, sarif");
  });

  test("a raw resource deep in the tree has the line of what it stands in", async () => {
    let line = "";
    const { findings } = await checked((app) => {
      const stack = plainStack(app);
      line = here(1);
      const folder = new TerraformStack(stack, "folder");
      new DeploymentV1(folder, "app", {
        metadata: { namespace: "shop" },
        spec: { template: { metadata: {}, spec: { container: [{ name: "app", image: "app" }] } } },
      });
    });
    expect(new Set(findings.flatMap(({ sources }) => sources))).toEqual(new Set([line]));
  });
});
