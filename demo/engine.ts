import { Bench, Controllers, loadProgram, Rehearsal, Scope, TerraformProgram } from "../bench";

/** What applies the JSON: our engine over the servers' own APIs, or the real Terraform with the real providers. */
export type Engine = "rehearsal" | "terraform";

export interface Applied {
  /** Destroys everything, with logins still live, and counts what is left. */
  destroy(): Promise<{ what: string; count: number }[]>;
}

/** Applies every stack in order, with what an operator does between them. @throws with the engine's own words */
export async function applyWith(
  engine: Engine,
  bench: Bench,
  outdir: string,
  scope: Scope,
  say: (line: string) => void,
): Promise<Applied> {
  const apply = engine === "terraform" ? await terraform(bench, outdir, scope) : await rehearsal(bench, outdir);
  for (const stack of apply.stacks) {
    const began = Date.now();
    const summary = await apply.apply(stack);
    say(`${stack}: ${summary} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    for (const entry of await bench.operate()) say(`  an operator put the external server's password into ${entry}`);
  }
  return {
    destroy: async () => {
      say("destroying everything, with logins still live");
      for (const stack of [...apply.stacks].reverse()) await apply.destroy(stack);
      say("destroyed");
      return leftovers(bench);
    },
  };
}

interface StackEngine {
  readonly stacks: readonly string[];
  apply(stack: string): Promise<string>;
  destroy(stack: string): Promise<void>;
}

async function rehearsal(bench: Bench, outdir: string): Promise<StackEngine> {
  const program = await loadProgram(outdir, { endpoints: bench.mapping });
  const engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
  return {
    stacks: program.stacks.map((stack) => stack.name),
    apply: async (stack) => {
      const report = await engine.apply(program, { stacks: [stack] });
      return `${report.steps.filter((step) => step.action === "create").length} resources created`;
    },
    destroy: async (stack) => void (await engine.destroy({ stacks: [stack] })),
  };
}

async function terraform(bench: Bench, outdir: string, scope: Scope): Promise<StackEngine> {
  const program = new TerraformProgram(bench, outdir, scope);
  const controllers = new Controllers(bench, scope);
  const check = (stack: string, verb: string, { code, output }: { code: number; output: string }): string => {
    if (controllers.failure) throw controllers.failure;
    if (code !== 0) throw new Error(`terraform ${verb} of stack ${stack} failed\n${output.slice(-4000)}`);
    return output;
  };
  return {
    stacks: program.stacks,
    apply: async (stack) => {
      const output = check(stack, "apply", await program.apply(stack));
      const second = await program.plan(stack);
      if (second.code !== 0)
        throw new Error(`the second plan of stack ${stack} is not empty\n${second.output.slice(-4000)}`);
      return `${/Resources: (\d+) added/.exec(output)?.[1] ?? "0"} resources created by Terraform, second plan empty,`;
    },
    destroy: async (stack) => void check(stack, "destroy", await program.destroy(stack)),
  };
}

/** What must be gone: leases of Vault's database engines, and logins and groups of PostgreSQL. */
async function leftovers(bench: Bench): Promise<{ what: string; count: number }[]> {
  const mounts = (await bench.vault.request("GET", "sys/mounts")).data as Record<string, { type: string }>;
  const result = [
    {
      what: "database secrets mounts in Vault",
      count: Object.values(mounts).filter(({ type }) => type === "database").length,
    },
  ];
  for (const endpoint of ["main.data.svc:5432", "ledger.example.com:5432"]) {
    const { rows } = await bench
      .postgres(endpoint)
      .asSuperuser(
        "postgres",
        "SELECT count(*)::int AS n FROM pg_roles WHERE rolname LIKE 'v-%' OR rolname LIKE 'eu\\_%' OR rolname LIKE 'leasehold.%'",
      );
    result.push({ what: `logins and groups on ${endpoint}`, count: rows[0].n as number });
  }
  return result;
}
