import { App } from "cdktf";
import type { Client } from "pg";
import { join } from "node:path";
import { AccessGraph, accessGraphOf } from "../constructs";
import { Bench, startBench } from "./bench";
import { BenchOptions } from "./bench-options";
import { Scope, withScope } from "./machine/lifecycle";
import type { Pod } from "./players/pod";
import { sleep } from "./machine/process";
import { endPod, EndTimes, INSUFFICIENT_PRIVILEGE, logIn, tryDatabase, tryStatement } from "./promises";
import { loadProgram, Program, Rehearsal } from "./rehearse";

/** A program whose stacks were applied to real servers of this machine, to act in as its workloads do. */
export interface Rehearsed {
  /** The servers, for what this interface leaves out. */
  readonly bench: Bench;
  /** Who may touch what, as the program declares it. */
  readonly graph: AccessGraph;
  /**
   * Plays a pod of a workload of the program, and logs in with the file that it gets.
   *
   * @param workload `namespace/name`, as Kubernetes has it: a Deployment, a StatefulSet, a DaemonSet, a Job or a CronJob
   * @throws when there is no such workload, its agents do not start, or the login is refused
   */
  actAs(workload: string, options?: ActOptions): Promise<Actor>;
  /**
   * Applies another version of the program to what is there, as a later `cdktf deploy` would.
   *
   * @returns how many resources were created, updated, replaced or removed
   * @throws RehearsalError naming stack, address and argument
   */
  apply(build: (app: App) => void): Promise<number>;
  /** Destroys every stack, the last first. Logins may be live. @throws RehearsalError naming stack and address */
  destroy(): Promise<void>;
  /** Ends pods and servers, and removes their files. */
  close(): Promise<void>;
}

/** Which login to act with. */
export interface ActOptions {
  /** Name of the credential's file below /vault/secrets. @default - the only one */
  readonly file?: string;
  /** Where to connect, for formats that do not say it. @default - as the file says */
  readonly host?: string;
  readonly database?: string;
}

/** A pod of the program, and an open session with its own login. */
export interface Actor {
  readonly pod: Pod;
  /** Name of the login. */
  readonly login: string;
  /** The session, for queries of your own. */
  readonly client: Client;
  /** @throws unless the statement runs. It is rolled back. */
  expectAllowed(sql: string): Promise<void>;
  /**
   * @throws unless the statement is refused for want of a privilege (SQLSTATE 42501): one that fails for another reason, such
   *   as a misspelt table, shows nothing. It is rolled back.
   */
  expectRefused(sql: string): Promise<void>;
  /** @throws unless the login is refused in this other database for want of CONNECT. */
  expectNoDatabase(database: string): Promise<void>;
  /**
   * Ends the pod as the kubelet does, and waits until its Vault token, its open session and its login are gone.
   *
   * @returns the milliseconds that each took
   * @throws when one is still there after the limit
   */
  end(options?: { readonly limitMs?: number }): Promise<EndTimes>;
  /** Ends the pod as a crash does: nothing is revoked, the lease ends by its time. */
  kill(): Promise<void>;
  /** @throws when the login is still there after the limit. @param options.limitMs @default 15 seconds */
  expectGone(options?: { readonly limitMs?: number }): Promise<void>;
}

/**
 * Synthesizes a program, starts a bench for it and applies every stack, with what an operator does in between.
 *
 * @throws as synthesis does, or when a server or a resource fails; then nothing is left
 */
export async function rehearse(build: (app: App) => void, options: BenchOptions): Promise<Rehearsed> {
  return withScope("rehearsal", async (scope) => {
    const first = await synthesize(scope, build);
    const bench = await startBench(options);
    scope.defer("close the bench", () => bench.close());
    const engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
    const load = (outdir: string): Promise<Program> => loadProgram(outdir, { endpoints: bench.mapping });
    let { graph } = first;
    let program = await load(first.outdir);

    const applyStacks = async (): Promise<number> => {
      let changed = 0;
      for (const { name } of program.stacks) {
        const { steps } = await engine.apply(program, { stacks: [name] });
        changed += steps.filter(({ action }) => action !== "unchanged" && action !== "open").length;
        await bench.operate();
      }
      return changed;
    };
    await applyStacks();

    return {
      bench,
      get graph() {
        return graph;
      },
      actAs: (workload, act) => actAs(bench, workload, act),
      apply: async (next) => {
        const made = await synthesize(scope, next);
        graph = made.graph;
        program = await load(made.outdir);
        return applyStacks();
      },
      destroy: async () => {
        for (const { name } of [...program.stacks].reverse()) await engine.destroy({ stacks: [name] });
      },
      close: () => scope.close(),
    };
  });
}

async function synthesize(scope: Scope, build: (app: App) => void): Promise<{ outdir: string; graph: AccessGraph }> {
  const outdir = join(scope.tempDir("leasehold-rehearsal-"), "cdktf.out");
  const app = new App({ outdir });
  build(app);
  app.synth();
  return { outdir, graph: accessGraphOf(app) };
}

async function actAs(bench: Bench, workload: string, options: ActOptions = {}): Promise<Actor> {
  const [namespace, name, ...more] = workload.split("/");
  if (!namespace || !name || more.length > 0)
    throw new Error(`${JSON.stringify(workload)} is not \`namespace/name\`: name a workload of the program`);
  const pod = await bench.play(namespace, name);
  const file = options.file ?? onlyFile(pod, workload);
  const { client, credential } = await logIn(bench, pod, { ...options, file });
  // An ended session says so by an event, which would end this process if nobody listened.
  client.on("error", () => undefined);
  const endpoint = `${credential.host ?? options.host}:${credential.port ?? 5432}`;
  const describe = `${workload}, as ${credential.user}`;
  return {
    pod,
    login: credential.user,
    client,
    expectAllowed: async (sql) => {
      const { ok, got } = await tryStatement(client, { sql, allowed: true, about: "" });
      if (!ok) throw new Error(`${describe}: expected to be allowed, and was not: ${sql}\n  PostgreSQL said: ${got}`);
    },
    expectRefused: async (sql) => {
      const { ok, got } = await tryStatement(client, { sql, allowed: false, about: "" });
      if (ok) return;
      const why = got === "ran" ? "it ran" : `it failed for another reason than a missing privilege: ${got}`;
      throw new Error(`${describe}: expected to be refused (SQLSTATE ${INSUFFICIENT_PRIVILEGE}): ${sql}\n  ${why}`);
    },
    expectNoDatabase: async (database) => {
      const { ok, got } = await tryDatabase(bench, credential, database, options.host);
      if (!ok) throw new Error(`${describe}: expected to be refused in database ${database}: ${got}`);
    },
    end: ({ limitMs } = {}) => endPod(bench, pod, endpoint, credential.user, client, limitMs),
    kill: () => pod.kill(),
    expectGone: async ({ limitMs = 15_000 } = {}) => {
      const server = bench.postgres(endpoint);
      const end = Date.now() + limitMs;
      const there = async (): Promise<boolean> =>
        (await server.asSuperuser("postgres", "SELECT rolname FROM pg_roles")).rows.some(
          ({ rolname }) => rolname === credential.user,
        );
      while (await there()) {
        if (Date.now() > end) throw new Error(`${describe}: the login is still there after ${limitMs} ms`);
        await sleep(50);
      }
    },
  };
}

function onlyFile(pod: Pod, workload: string): string {
  const files = Object.keys(pod.files());
  if (files.length === 1) return files[0];
  throw new Error(
    `${workload} gets ${files.length === 0 ? "no file" : `${files.length} files (${files.sort().join(", ")})`}: say which with \`file\``,
  );
}
