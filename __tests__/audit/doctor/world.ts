import { App } from "cdktf";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../../cli/command/io";
import { run } from "../../../cli/run";
import { accessReportOf } from "../../../constructs";
import { formatReport, parseReport } from "../../../access/report/parse-report";
import type { AccessReport } from "../../../access/report/report";
import { shopBench } from "../../../demo/shop-bench";
import { needs } from "../../../audit/doctor/doctor";
import { sandbox } from "../../../examples/shop/environments";
import { shop } from "../../../examples/shop/shop";
import { Bench, emptyState, Json, loadProgram, mapEndpoints, Rehearsal, startBench } from "../../../bench";

export const ENDPOINTS: Readonly<Record<string, string>> = {
  shop: "main.data.svc:5432",
  billing: "ledger.example.com:5432",
};

const REVIEWER = "vault path token_reviewer_jwt_set of auth/kubernetes-eu/config";

export const BOTH = ["--database", "shop=service=shop", "--database", "billing=service=billing"];

export interface Found {
  readonly code: string;
  readonly who: string[];
  readonly object?: { readonly kind: string; readonly schema?: string; readonly name?: string };
  readonly effective: string;
  readonly declared: string;
  readonly privileges: string[];
  readonly severity: string;
  readonly fix: string;
}

/** The example in use, on real servers, and a doctor with the least rights that it says it needs. */
export class World {
  /** What was printed, to look for secrets in it. */
  printed = "";
  readonly secrets: string[] = [];
  readonly seen = new Set<string>();
  private readonly environment = { ...process.env };

  private constructor(
    readonly bench: Bench,
    readonly folder: string,
    readonly report: AccessReport,
  ) {}

  static async start(): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "leasehold-doctor-"));
    const app = new App({ outdir: join(folder, "out") });
    shop(app, sandbox);
    app.synth();
    const bench = await startBench(shopBench);
    // The addresses are those that the bench writes into the program, as it does with all of them.
    const written = JSON.parse(formatReport(accessReportOf(app))) as Json;
    const report = parseReport(JSON.stringify(mapEndpoints(written, bench.mapping)));
    writeFileSync(join(folder, "access.json"), formatReport(report));
    const world = new World(bench, folder, report);
    try {
      await world.apply();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  private async apply(): Promise<void> {
    const { bench, folder, report } = this;
    const program = await loadProgram(join(folder, "out"), { endpoints: bench.mapping });
    const engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod, state: emptyState() });
    for (const stack of program.stacks) {
      await engine.apply(program, { stacks: [stack.name] });
      await bench.operate();
    }
    // The bench stands in for the image's superuser, the first of its server, with a second one.
    await this.sql("ALTER ROLE image_superuser NOSUPERUSER");
    // The least that doctor says it needs, and nothing more: what is found is found with it.
    const { policy, sql } = needs(report);
    await bench.vault.request("POST", "sys/policies/acl/doctor", { policy });
    const { auth } = await bench.vault.request("POST", "auth/token/create", {
      policies: ["doctor"],
      no_default_policy: true,
    });
    const services = Object.entries(ENDPOINTS).map(async ([database, endpoint]) => {
      const server = bench.postgres(endpoint);
      const password = randomBytes(18).toString("hex");
      this.secrets.push(password);
      const mine = sql.split("\n").filter((line) => !line.startsWith("GRANT") || line.includes(`"${database}"`));
      await server.asSuperuser("postgres", mine.join("\n"));
      await server.asSuperuser("postgres", `ALTER ROLE leasehold_doctor PASSWORD '${password}'`);
      return `[${database}]\nhost=${server.host}\nport=${server.port}\nuser=leasehold_doctor\npassword=${password}\nsslmode=disable\n`;
    });
    writeFileSync(join(folder, "pg_service.conf"), (await Promise.all(services)).join("\n"), { mode: 0o600 });
    this.secrets.push(auth?.client_token as string);
    process.env.PGSERVICEFILE = join(folder, "pg_service.conf");
    process.env.VAULT_ADDR = bench.vault.address;
    process.env.VAULT_TOKEN = auth?.client_token;
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    await this.bench.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async sql<Row extends object>(text: string, database = "shop"): Promise<Row[]> {
    return (await this.bench.postgres(ENDPOINTS[database]).asSuperuser(database, text)).rows as Row[];
  }

  async leasehold(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = "";
    let err = "";
    const io: Io = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      readFile: (path) => readFileSync(path, "utf8"),
      writeFile: () => undefined,
      colour: false,
    };
    // Vault of the bench runs in no pod: what stands in for its pod's own token is a reviewer's, which the program gives none of.
    const accepted = process.env.VAULT_ADDR === undefined ? [] : ["--accept", `auth-config-differs=${REVIEWER}`];
    const code = await run(["doctor", "--report", join(this.folder, "access.json"), ...accepted, ...argv], io);
    this.printed += out + err;
    return { code, out, err };
  }

  /** What doctor finds. @param argv databases and options; without one, both databases */
  async found(...argv: string[]): Promise<Found[]> {
    const all = argv.includes("--database") ? argv : [...BOTH, ...argv];
    const { code, out, err } = await this.leasehold(...all, "--json");
    expect(err).toBe("");
    const { findings } = JSON.parse(out) as { findings: Found[] };
    expect(code).toBe(findings.length > 0 ? 2 : 0);
    for (const finding of findings) this.seen.add(finding.code);
    return findings;
  }

  async issue(role = "eu.shop.web"): Promise<{ username: string; password: string }> {
    const { data } = await this.bench.vault.request("GET", `database/main/shop/creds/${role}`);
    return data as { username: string; password: string };
  }

  revokeAll(role = "eu.shop.web"): Promise<unknown> {
    return this.bench.vault.request("PUT", `sys/leases/revoke-prefix/database/main/shop/creds/${role}`, {});
  }
}

export const short = (findings: readonly Found[]): string[] =>
  findings.map(({ code, who }) => `${code} ${who.join("+")}`);
