import { App } from "cdktf";
import { parseArgs } from "node:util";
import { accessReportOf } from "../constructs";
import { sandbox } from "../examples/shop/environments";
import { CLAIMS, OTHER_DATABASES } from "../examples/shop/claims";
import { shop } from "../examples/shop/shop";
import { renderReportText } from "../render";
import { Bench, Scope, startBench } from "../bench";
import { shopBench } from "./shop-bench";
import { applyWith, Engine } from "./engine";
import { proveClaims, proveOperator } from "./proof";
import { bold, COLOUR, dim, green, red, table } from "./table";

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
  console.log(renderReportText(accessReportOf(app), { width: process.stdout.columns, colour: COLOUR }));
  console.log();
}

async function rehearse(bench: Bench, engine: Engine, outdir: string, scope: Scope): Promise<boolean> {
  say(`servers are up: Vault, a Kubernetes API server with etcd, PostgreSQL 18 and 15; agents by ${bench.injector}`);
  const applied = await applyWith(engine, bench, outdir, scope, say);
  const rows = [...(await proveClaims(bench, CLAIMS, OTHER_DATABASES, say)), ...(await proveOperator(bench))];
  console.log(`\n${bold("Proof")}\n`);
  console.log(
    table(
      ["", "pod", "what", "statement", "expected", "got"],
      rows.map((row) => [row.ok ? green("ok") : red("FAIL"), row.pod, row.about, row.detail, row.expected, row.got]),
    ),
  );
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
  return failed === 0;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { engine: { type: "string", default: "rehearsal" } } });
  if (values.engine !== "rehearsal" && values.engine !== "terraform")
    throw new Error(`--engine ${values.engine}: choose rehearsal or terraform`);
  const scope = new Scope("demo");
  try {
    const outdir = scope.tempDir("leasehold-demo-");
    synthesize(outdir);
    say(
      "starting real servers on 127.0.0.1 (the first time, Vault, etcd and the API server are built: some minutes each)",
    );
    const bench = await startBench({ ...shopBench, onProgress: say });
    scope.defer("stop the servers", () => bench.close());
    if (!(await rehearse(bench, values.engine, outdir, scope))) process.exitCode = 1;
  } finally {
    await scope.close();
  }
  say("everything is stopped, nothing is left on disk");
}

main().catch((error: Error) => {
  console.error(`\n${red("failed")}: ${error.message}`);
  if (process.env.LEASEHOLD_DEBUG) console.error(error.stack);
  process.exitCode = 1;
});
