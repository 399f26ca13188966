import { App } from "cdktf";
import { parseArgs } from "node:util";
import { accessReportOf } from "../constructs";
import { sandbox } from "../examples/shop/environments";
import { CLAIMS, OTHER_DATABASES } from "../examples/shop/claims";
import { shop } from "../examples/shop/shop";
import { Bench, Scope, startBench } from "../bench";
import { shopBench } from "./shop-bench";
import { applyWith, Engine } from "./engine";
import { proveClaims, proveOperator } from "./proof";
import { details, failures, matrix, summary } from "./summary";
import { bold, dim, green, red, table } from "./table";

const start = Date.now();
const clock = (): string => dim(`${((Date.now() - start) / 1000).toFixed(1).padStart(6)}s`);
const say = (line: string): void => console.log(`${clock()}  ${line}`);

/** Synthesizes the example and shows what was synthesized and who may touch what, before anything is deployed. */
function synthesize(outdir: string): void {
  const app = new App({ outdir });
  shop(app, sandbox);
  app.synth();
  const stacks = Object.values(app.manifest.stacks);
  console.log(`\n${bold(`Synthesized: ${stacks.length} stacks of Terraform JSON`)}\n`);
  console.log(
    table(
      ["stack", "after"],
      stacks.map((stack) => [stack.name, stack.dependencies.join(", ") || "-"]),
    ),
  );
  console.log(`\n${bold("Who may touch what, before anything is deployed")}\n`);
  console.log(matrix(accessReportOf(app)));
  console.log(dim("\n  the whole report, with every way and its lines: npm run synth, then npx leasehold access"));
  console.log();
}

interface Options {
  readonly engine: Engine;
  readonly verbose: boolean;
}

/** What this run did for real, and where a model stood in: a proof is worth what it was made with. */
function realAndModel(bench: Bench, engine: Engine): string {
  const terraform = "Terraform with its providers";
  return [
    `  real:  PostgreSQL, Vault and its agents, the Kubernetes API server with etcd${engine === "terraform" ? `, ${terraform}` : ""}`,
    `  model: nodes, containers of apps${engine === "terraform" ? "" : `, ${terraform} (real with --engine terraform)`}`,
    `  agents are injected by ${bench.injector === "model" ? "a model of vault-k8s, tested against its recorded output" : `the real one: ${bench.injector}`}`,
  ].join("\n");
}

async function rehearse(bench: Bench, { engine, verbose }: Options, outdir: string, scope: Scope): Promise<boolean> {
  say(`servers are up: Vault, a Kubernetes API server with etcd, PostgreSQL 18 and 15`);
  const applied = await applyWith(engine, bench, outdir, scope, say);
  const rows = [...(await proveClaims(bench, CLAIMS, OTHER_DATABASES, say)), ...(await proveOperator(bench))];
  console.log(`\n${bold("Proof")}\n`);
  console.log(verbose ? details(rows) : summary(rows));
  if (rows.some(({ ok }) => !ok)) console.log(`\n${failures(rows)}`);
  else if (!verbose)
    console.log(dim("\n  every statement, with what was expected and what came: npm run demo -- --verbose"));
  console.log();
  const destroyed = await applied.destroy();
  console.log(
    `\n${table(
      ["", "left after destroy"],
      destroyed.map(({ what, count }) => [count === 0 ? green("ok") : red("FAIL"), `${what}: ${count}`]),
    )}`,
  );
  const failed = rows.filter((row) => !row.ok).length + destroyed.filter(({ count }) => count !== 0).length;
  const checks = rows.length + destroyed.length;
  console.log(
    `\n${failed === 0 ? green(bold(`All ${checks} promises held.`)) : red(bold(`${failed} of ${checks} promises failed.`))}\n`,
  );
  console.log(`${realAndModel(bench, engine)}\n`);
  return failed === 0;
}

let interrupted = false;

/** The scope ends everything on a signal; these lines say that it does, and that it did. */
function sayWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      interrupted = true;
      say("interrupted: ending every server and removing what is on disk");
      // After the scope's own end, which exits with the signal's code; a second signal exits at once, and says less.
      process.once("exit", () =>
        console.log(`${clock()}  interrupted: everything is stopped, nothing is left on disk`),
      );
    });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: "rehearsal" },
      verbose: { type: "boolean", default: false },
    },
  });
  if (values.engine !== "rehearsal" && values.engine !== "terraform")
    throw new Error(`--engine ${values.engine}: choose rehearsal or terraform`);
  const scope = new Scope("demo");
  sayWhenInterrupted();
  try {
    const outdir = scope.tempDir("leasehold-demo-");
    synthesize(outdir);
    say("starting real servers on 127.0.0.1");
    say("the first time, Vault, etcd and the API server are built from source: some minutes each");
    const bench = await startBench({ ...shopBench, onProgress: say });
    scope.defer("stop the servers", () => bench.close());
    if (!(await rehearse(bench, { engine: values.engine, verbose: values.verbose }, outdir, scope)))
      process.exitCode = 1;
  } finally {
    await scope.close();
  }
  if (!interrupted) say("everything is stopped, nothing is left on disk");
}

main().catch((error: Error) => {
  // What fails then fails because its server was ended.
  if (interrupted) return;
  console.error(`\n${red("failed")}: ${error.message}`);
  if (process.env.LEASEHOLD_DEBUG) console.error(error.stack);
  process.exitCode = 1;
});
