import { App } from "cdktf";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../cli/run";
import type { Io } from "../../../cli/command/io";
import { accessReportOf } from "../../../constructs";
import { formatReport } from "../../../access/report/parse-report";
import { sandbox } from "../../../examples/shop/environments";
import { shop } from "../../../examples/shop/shop";

jest.setTimeout(5 * 60_000);

describe("leasehold prove, on the example", () => {
  let folder: string;
  let report: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-prove-"));
    const outdir = join(folder, "cdktf.out");
    const app = new App({ outdir });
    shop(app, sandbox);
    app.synth();
    report = join(outdir, "access.json");
    writeFileSync(report, formatReport(accessReportOf(app)));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function leasehold(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = "";
    let err = "";
    const io: Io = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      readFile: (path) => readFileSync(path, "utf8"),
      writeFile: () => undefined,
      colour: false,
    };
    return { code: await run(argv, io), out, err };
  }

  const SCHEMAS = ["--schema", "shop=examples/shop/sql/shop", "--schema", "billing=examples/shop/sql/billing"];

  test("declared = effective: exit code 0, and what was looked at", async () => {
    const { code, out, err } = await leasehold("prove", "--report", report, ...SCHEMAS);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("declared = effective: nothing found");
    expect(out).toMatch(/shop \(PostgreSQL 18\): 2 schema files, \d+ objects, 4 identities with \d+ privileges/);
    expect(out).toMatch(/billing \(PostgreSQL 15\): 1 schema file, /);
  });

  test("a finding: exit code 2, in three forms, and accepted: exit code 0", async () => {
    const prepare = join(folder, "prepare.sql");
    // A name that would end a table's cell, a code span and a line, or colour a terminal.
    writeFileSync(prepare, 'CREATE SCHEMA "a|`b\n\u001b[31m"; GRANT USAGE ON SCHEMA "a|`b\n\u001b[31m" TO PUBLIC');
    const argv = ["prove", "--report", report, ...SCHEMAS, "--prepare", `shop=${prepare}`];
    const text = await leasehold(...argv);
    expect(text.code).toBe(2);
    expect(text.out).toContain("error   public-privilege  shop: schema a|`b\\n\\u001b[31m");
    expect(text.out).toContain("  why        through PUBLIC, to which it is granted");
    expect(text.out).toContain("1 error");
    expect(text.out).not.toContain("\u001b");
    const markdown = await leasehold(...argv, "--markdown");
    expect(markdown.code).toBe(2);
    expect(markdown.out).toContain("| error | `public-privilege` |");
    expect(markdown.out).not.toContain("\u001b");
    const json = await leasehold(...argv, "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      version: 1,
      findings: [{ code: "public-privilege", database: { instance: "main", database: "shop" }, privileges: ["USAGE"] }],
      accepted: [],
    });
    const accepted = await leasehold(...argv, "--accept", "public-privilege", "--accept", "owner-rights-view=x");
    expect(accepted.code).toBe(0);
    expect(accepted.out).toContain("accepted: 1 finding");
    expect(accepted.out).toContain("--accept owner-rights-view=x covers no finding any more");
  });

  test.each([
    [["--schema", "shop"], "write <database>=<path>"],
    [["--schema", "shpo=x"], '"shpo" is not a database of the report'],
    [["--accept", "nonsense"], 'there is no finding "nonsense"'],
    [["--program", "/nowhere"], "cannot read /nowhere/manifest.json"],
    [["--schema", "shop=/nowhere"], "/nowhere"],
  ])("%j: exit code 1, and what to do", async (argv, message) => {
    const { code, out, err } = await leasehold("prove", "--report", report, ...argv);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(message);
  });

  test("a schema file that fails is named, with PostgreSQL's words", async () => {
    const file = join(folder, "broken.sql");
    writeFileSync(file, "CREATE TABLE sales.x (id integer)");
    const { code, err } = await leasehold("prove", "--report", report, "--schema", `shop=${file}`);
    expect(code).toBe(1);
    expect(err).toContain(`${file}: schema "sales" does not exist`);
  });
});
