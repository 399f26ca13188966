import { App } from "cdktf";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseReport } from "../../access/report/parse-report";
import { ExpectedAccess, expectAccess, expectNoAccess } from "../../assertions";
import { program as migrations } from "../../examples/ci-migrations/program";
import { environment as given } from "../../examples/existing/environment";
import { program as imported } from "../../examples/import/program";
import { guest } from "../../examples/teams/guest";
import { environment as local } from "../../examples/sandbox/environment";
import { program as sandbox } from "../../examples/sandbox/program";
import { owner } from "../../examples/teams/owner";
import { renderReportText } from "../../render/text";

/** The examples that need no server and no project of their own: each is synthesized, and asked who may touch what. */
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "leasehold-programs-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Json = Record<string, Record<string, Record<string, Record<string, unknown>>>>;

interface Synthesized {
  readonly app: App;
  readonly stacks: readonly string[];
  readonly types: (stack: string) => string[];
  /** The resources of one type in one stack. */
  readonly resources: (stack: string, type: string) => Record<string, unknown>[];
}

function synthesized(name: string, program: (app: App) => void): Synthesized {
  const outdir = join(folder, name);
  const app = new App({ outdir });
  program(app);
  app.synth();
  const read = (stack: string): Json =>
    JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")) as Json;
  return {
    app,
    stacks: readdirSync(join(outdir, "stacks")).sort(),
    types: (stack) => Object.keys(read(stack).resource).sort(),
    resources: (stack, type) => Object.values(read(stack).resource[type] ?? {}),
  };
}

test("docs/tutorial.md shows who may touch what in the project that init writes", () => {
  // Its files are named from its own folder, as in the project.
  const here = process.cwd();
  process.chdir(join(__dirname, "../../examples/sandbox"));
  try {
    synthesized("sandbox", (made) => sandbox(made, local));
  } finally {
    process.chdir(here);
  }
  const page = join(__dirname, "../../docs/tutorial.md");
  const text = readFileSync(page, "utf8");
  const block = /(<!-- access -->\n```\n)[^]*?(```\n<!-- \/access -->)/;
  expect(text).toMatch(block);
  const report = parseReport(readFileSync(join(folder, "sandbox/access.json"), "utf8"));
  const matrix = renderReportText(report, { colour: false, width: 100 }).split("\n\n").slice(0, 2).join("\n\n");
  const shown = text.replace(block, (_, before: string, after: string) => `${before}${matrix}\n${after}`);
  if (process.env.LEASEHOLD_UPDATE_GOLDEN === "1") writeFileSync(page, shown);
  expect(readFileSync(page, "utf8")).toBe(shown);
});

describe("several teams", () => {
  let [owning, visiting]: Synthesized[] = [];
  beforeAll(() => {
    [owning, visiting] = [synthesized("owner", owner), synthesized("guest", guest)];
  });

  test("the team that owns the database grants, to an app of another repository too", () => {
    expectAccess(owning.app)
      .of("bi/reporting")
      .toBe({ "shop.sales.customer(country, id)": ["SELECT"] });
    expectAccess(owning.app)
      .of("shop/web")
      .toBe({ "shop.sales.orders": ["SELECT", "INSERT", "UPDATE", "DELETE"] });
    expectNoAccess(owning.app, "bi/reporting", "shop.sales.customer.email");
  });

  test("the other team makes its identity and its pods, and grants nothing", () => {
    expect(visiting.stacks).toEqual(["bi-identities", "bi-workloads"]);
    expect(visiting.types("bi-identities")).toEqual(["vault_kubernetes_auth_backend_role"]);
    expect(visiting.types("bi-workloads")).toEqual(["kubernetes_deployment_v1", "kubernetes_service_account_v1"]);
  });

  test("both compute the same names: the policy that one makes is in the auth role of the other, the pod reads the path that it allows", () => {
    const policy = owning
      .resources("access", "vault_policy")
      .find(({ name }) => String(name).includes("bi_reporting")) as { name: string; policy: string };
    const [role] = visiting.resources("bi-identities", "vault_kubernetes_auth_backend_role");
    expect(role.token_policies).toEqual([policy.name]);
    const [, path] = /path "([^"]+)"/.exec(policy.policy) ?? [];
    expect(path).toBe("database/main/shop/creds/eu.bi.reporting");
    const [pod] = visiting.resources("bi-workloads", "kubernetes_deployment_v1");
    expect(JSON.stringify(pod)).toContain(path);
  });
});

describe("migrations from CI", () => {
  const image = `registry.example.com/shop/migrations@sha256:${"0".repeat(64)}`;

  test("a Job runs the pipeline's image with a login that acts as the owner, and the app gets its tables only", () => {
    const { app, resources } = synthesized("migrations", (made) => migrations(made, given, image));
    const [job] = resources("access", "kubernetes_job_v1");
    expect(JSON.stringify(job)).toContain(image);
    expectAccess(app)
      .of("shop/web")
      .toBe({ "shop.public.orders": ["SELECT", "INSERT", "UPDATE", "DELETE"] });
    expectNoAccess(app, "*", "shop.public.orders", { privilege: "TRUNCATE", except: ["shop/migrator"] });
  });

  test("another image is another Job, which the next apply runs", () => {
    const names = [image, image.replace(/0$/, "1")].map((each, index) => {
      const { resources } = synthesized(`migrations-${index}`, (made) => migrations(made, given, each));
      const [{ metadata }] = resources("access", "kubernetes_job_v1") as { metadata: { name: string } }[];
      return metadata.name;
    });
    expect(names[0]).not.toBe(names[1]);
  });
});

describe("import of a database that exists", () => {
  test("the identity gets what the login by hand has, and nothing that exists is made", () => {
    const { app, stacks, types } = synthesized("import", (made) => imported(made, given));
    // What PUBLIC and the owner may do there, the program does not know: preflight, prove and doctor look.
    const granted: ExpectedAccess = {
      "shop.sales.orders": ["SELECT", "INSERT", "UPDATE", "DELETE"],
      "shop.sales.open_orders": ["SELECT"],
      "sequence shop.sales.orders_id_seq": ["USAGE"],
    };
    expectAccess(app)
      .of("shop/web")
      .toBe(granted, { reviewed: ["legacy/shop"] });
    expect(stacks).toEqual(["access", "vault-config", "workloads"]);
    expect(types("vault-config")).toEqual(["vault_kubernetes_auth_backend_role", "vault_mount"]);
    expect(types("access")).not.toContain("postgresql_database");
  });
});
