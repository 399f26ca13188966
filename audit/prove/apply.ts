import { emptyState, Rehearsal } from "../../bench/rehearse";
import type { Program } from "../../bench/rehearse/program";
import type { Json } from "../../bench/rehearse/model/values";
import { RehearsalError } from "../../bench/rehearse/model/values";
import type { PostgresServer } from "../../bench/servers/postgres";

/** A block that PostgreSQL, or the rehearsal, refused. Terraform would have stopped there. */
export interface FailedBlock {
  readonly stack: string;
  readonly address: string;
  readonly message: string;
  readonly schema?: string;
  readonly objects: readonly string[];
}

/**
 * Applies what can be applied. Terraform would stop at the first refusal. Here the refused block is put aside, with
 * those that read it, and all others go on: so one run finds everything.
 */
export class Applier {
  readonly failed: FailedBlock[] = [];
  private readonly aside = new Set<string>();
  private readonly engine: Rehearsal;

  constructor(servers: ReadonlyMap<string, PostgresServer>) {
    const nobody = (): Promise<never> =>
      Promise.reject(new Error("prove applies blocks of the provider postgresql only"));
    this.engine = new Rehearsal(
      {
        vault: { address: "http://127.0.0.1:1", token: "there-is-no-vault" },
        kubernetes: { request: nobody },
        postgres: ({ host, port }) => {
          const server = servers.get(`${host}:${port}`);
          if (!server) throw new Error(`no server stands in for ${host}:${port}`);
          return { host: server.host, port: server.port };
        },
      },
      { onHelmRelease: nobody },
      // What the files of --prepare changed is what the proof looks at: an apply would put it right, or fail.
      { state: emptyState(), refresh: false },
    );
  }

  /** @throws when something other than a resource fails */
  async apply(program: Program): Promise<void> {
    for (const key of this.aside) remove(program, key);
    for (;;) {
      try {
        await this.engine.apply(program);
        return;
      } catch (error) {
        if (!(error instanceof RehearsalError)) throw error;
        const stack = program.stacks.find(({ name }) => name === error.stackName);
        const block = stack?.blocks.get(error.address);
        if (!stack || block?.kind !== "resource") throw error;
        const { schema, objects } = block.arguments;
        this.failed.push({
          stack: stack.name,
          address: block.address,
          message: error.message,
          ...(typeof schema === "string" && { schema }),
          objects: Array.isArray(objects) ? objects.filter((name: Json) => typeof name === "string") : [],
        });
        const key = `${stack.name}\n${block.address}`;
        this.aside.add(key);
        remove(program, key);
      }
    }
  }
}

/** Takes a block out of a program; what only waited for it waits no more, what reads it fails in its turn. */
function remove(program: Program, key: string): void {
  const [name, address] = key.split("\n");
  const stack = program.stacks.find((candidate) => candidate.name === name);
  stack?.blocks.delete(address);
  for (const block of stack?.blocks.values() ?? []) {
    const other = (path: readonly (string | number)[]): boolean => path.slice(0, 2).join(".") !== address;
    block.dependsOn = block.dependsOn.filter(other);
    block.lifecycle.replaceTriggeredBy = block.lifecycle.replaceTriggeredBy.filter(other);
  }
}
