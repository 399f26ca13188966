import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AgentConfig,
  type AgentContainer,
  agentConfigOf,
  type AgentMapping,
  describeExit,
  destinationsOf,
  mapPath,
  readPreStop,
  rewriteAgentConfig,
  scriptEnv,
  vaultProcess,
} from "./agent";
import { agentScript } from "../../constructs/injection/agent-script";
import { makeServerDir, type Scope, serverUser, writePrivateFile } from "../machine/lifecycle";
import {
  executableForServer,
  type ProcessOptions,
  runToEnd,
  ServerProcess,
  sleep,
  tail,
  waitFor,
} from "../machine/process";

/** Where the agents of one pod run on this machine. */
export interface AgentGround {
  readonly scope: Scope;
  /** The program `vault`. */
  readonly vault: string;
  /** Name of the pod, for messages. */
  readonly pod: string;
  /** Directory of what is written for the pod. */
  readonly dir: string;
  /** Milliseconds until an agent must have done what the pod waits for. */
  readonly timeoutMs: number;
  /** Seconds that the pod has to end. */
  readonly graceSeconds: number;
  /** How the world of a container maps to this machine. */
  mapping(container: AgentContainer): AgentMapping;
}

/** The agent that runs beside the app. */
export interface SidecarAgent {
  /** Whether apps of the pod can ask it by HTTP. */
  readonly listens: boolean;
  readonly running: boolean;
  /** Its Vault token; undefined before it has logged in. */
  token(): string | undefined;
  /**
   * Ends it as the kubelet does.
   * @param grace Seconds: what the hook sleeps before it revokes, or what the app took to end. @default - as annotated, or 0
   * @returns whether the token was revoked
   */
  end(grace?: number): Promise<boolean>;
  kill(): Promise<void>;
}

/** A container's agent as it is told to run here. */
interface MappedAgent {
  readonly mapping: AgentMapping;
  /** The directory that the container sees as /home/vault. */
  readonly home: string;
  readonly config: AgentConfig;
}

function mapped(ground: AgentGround, container: AgentContainer): MappedAgent {
  const mapping = ground.mapping(container);
  return {
    mapping,
    home: mapPath("/home/vault", mapping.paths),
    config: rewriteAgentConfig(agentConfigOf(container), mapping),
  };
}

/** Arguments of `vault` for an agent whose configuration is written into its home. */
function argsOf({ home, config }: MappedAgent): string[] {
  return ["agent", `-config=${writePrivateFile(join(home, "config.json"), JSON.stringify(config))}`];
}

function tokenIn(home: string): string | undefined {
  const sink = join(home, ".vault-token");
  return existsSync(sink) ? readFileSync(sink, "utf8").trim() || undefined : undefined;
}

/** Runs the init agent that ends before the app starts. @throws with the end of its log, if it fails */
export async function runInitAgent(ground: AgentGround, container: AgentContainer, logFile: string): Promise<void> {
  const { scope, vault, timeoutMs } = ground;
  const agent = mapped(ground, container);
  const exit = await runToEnd(scope, {
    ...vaultProcess(container, vault, agent.home, argsOf(agent), logFile),
    timeoutMs,
  });
  if (exit.code !== 0) throw new Error(`pod ${ground.pod}: vault-agent-init ${describeExit(exit)}\n${tail(logFile)}`);
}

/** Starts the agent of the injector's own sidecar, and waits until it has logged in. */
export async function startSidecar(
  ground: AgentGround,
  container: AgentContainer,
  logFile: string,
): Promise<SidecarAgent> {
  const { scope, vault, timeoutMs } = ground;
  const agent = mapped(ground, container);
  const token = (): string | undefined => tokenIn(agent.home);
  const run = await ServerProcess.start(scope, vaultProcess(container, vault, agent.home, argsOf(agent), logFile));
  await waitFor(async () => token(), {
    what: `the sidecar agent of pod ${ground.pod} has logged in`,
    timeoutMs,
    process: run,
  });
  return {
    listens: agent.config.listener !== undefined,
    get running() {
      return run.running;
    },
    token,
    end: async (grace) => {
      const revoked = run.running && (await runPreStop(ground, container, agent, logFile, grace));
      await run.stop();
      return revoked;
    },
    kill: () => run.kill(),
  };
}

/** Runs the hook that revokes. @returns whether it did, within the time that the pod has to end */
async function runPreStop(
  { scope, vault, graceSeconds }: AgentGround,
  container: AgentContainer,
  { mapping, home }: MappedAgent,
  logFile: string,
  grace?: number,
): Promise<boolean> {
  const command = container.lifecycle?.preStop?.exec?.command;
  if (!command) return false;
  const hook = readPreStop(command, mapping);
  const seconds = grace ?? hook.graceSeconds;
  await sleep(Math.min(seconds, graceSeconds) * 1000);
  if (seconds >= graceSeconds) return false;
  const options = vaultProcess(container, vault, home, hook.args, logFile);
  // The kubelet goes on when a hook fails or is not done in time, and so do we.
  const timeoutMs = Math.max(1, graceSeconds - seconds) * 1000;
  const exit = await runToEnd(scope, { ...options, timeoutMs }).catch(() => ({ code: 1 }));
  return exit.code === 0;
}

/** What the script of a native sidecar says at its end (constructs/injection/agent-script.ts). */
const REVOKED = "leasehold: the pod's login is revoked";
const NOT_REVOKED = "leasehold: not revoked";

/** Runs a native sidecar's script, with a program `vault` on its PATH that the servers' user can run. */
async function startScript(
  scope: Scope,
  vault: string,
  dir: string,
  options: Omit<ProcessOptions, "command" | "unprivileged">,
): Promise<ServerProcess> {
  const program = serverUser() ? executableForServer(vault, dir) : vault;
  const wrapper = join(makeServerDir(join(dir, "bin")), "vault");
  writePrivateFile(wrapper, `#!/bin/sh\nexec '${program ?? vault}' "$@"\n`);
  chmodSync(wrapper, 0o700);
  return ServerProcess.start(scope, { ...options, command: "/bin/sh", unprivileged: program !== undefined });
}

/** Starts the script of a native sidecar, and waits until every file is there, as its startup probe does. */
export async function startNativeSidecar(
  ground: AgentGround,
  container: AgentContainer,
  logFile: string,
): Promise<SidecarAgent> {
  const { scope, vault, dir, timeoutMs } = ground;
  const { home, config } = mapped(ground, container);
  const files = destinationsOf(config);
  const token = (): string | undefined => tokenIn(home);
  const run = await startScript(scope, vault, dir, {
    name: container.name,
    args: ["-ec", agentScript(files, home)],
    env: scriptEnv(container, home, join(dir, "bin"), config),
    cwd: home,
    logFile,
  });
  await waitFor(async () => token() && files.every((file) => existsSync(file)), {
    what: `the native sidecar of pod ${ground.pod} has written ${files.join(", ")}`,
    timeoutMs,
    process: run,
  });
  return {
    listens: false,
    get running() {
      return run.running;
    },
    token,
    end: async (grace = 0) => {
      // The app has ended: the caller played it. What it left of the pod's time is the agent's.
      const { code } = await run.terminate(Math.max(0, ground.graceSeconds - grace) * 1000);
      const said = readFileSync(logFile, "utf8");
      return code === 0 && said.includes(REVOKED) && !said.includes(NOT_REVOKED);
    },
    kill: () => run.kill(),
  };
}
