import { checkedOptions } from "../private/options";

/** A POST to the app itself. */
export interface HttpReload {
  /** Port of the pod on which the app listens. */
  readonly port: number;
  /** Path of the request: letters, digits and `-._~/`. @default "/" */
  readonly path?: string;
}

/** A process of the app. */
export interface ReloadedProcess {
  /**
   * Name of the program that it runs, as `node`, `java` or `nginx`: letters, digits, `-`, `_` and `.`. Every process of the pod with this
   * name gets the signal.
   */
  readonly process: string;
}

/** A signal to the app. */
export interface SignalReload extends ReloadedProcess {
  /** The signal. @default "HUP" */
  readonly signal?: "HUP" | "USR1" | "USR2";
}

/** Programs of the agent's own container, and the one that holds the pod's namespaces. */
const NOT_THE_APP = ["vault", "sh", "busybox", "sleep", "timeout", "wget", "killall", "pause"];

/**
 * How an app learns that the file of its login has changed.
 *
 * The agent tells it after each rendering. The first one is before the app starts. The agent waits 10 seconds at most, and an app
 * that does not answer is no failure for it. You cannot give a command of your own, for two reasons. If a command fails, the
 * agent reads every secret and writes every file again (hashicorp/vault#12566). If it takes 30 seconds, the agent writes no file
 * any more (hashicorp/vault#9108).
 */
export class Reload {
  /**
   * An HTTP POST without a body to 127.0.0.1. Refused: a port that is none, a path with other characters. The agent's image needs `wget`
   * and `timeout`, as Vault's images on Alpine have them.
   */
  static httpPost(given: HttpReload): Reload {
    const { port, path = "/" } = checkedOptions(undefined, "HttpReload", given, "Reload.httpPost");
    const problem = !(Number.isInteger(port) && port > 0 && port < 65536)
      ? {
          why: `port ${JSON.stringify(port)} is not between 1 and 65535`,
          fix: "give the port on which the app listens",
        }
      : /^\/[A-Za-z0-9._~/-]*$/.test(path)
        ? undefined
        : {
            why: `path ${JSON.stringify(path)} does not begin with / or holds another character than letters, digits and -._~/`,
            fix: 'give the path alone, without host and query, such as "/reload"',
          };
    return new Reload(
      "http",
      `timeout 10 wget -q -O /dev/null --post-data= http://127.0.0.1:${port}${path} || ${told(`nobody took a POST to port ${port}`)}`,
      problem,
    );
  }

  /**
   * A signal. The agent must see the app's processes and run as their user, by `injector: { shareProcessNamespace: true, runAsSameUser:
   * true }` and the container's `securityContext.runAsUser`; it is refused otherwise. With both, the app can read the agent's Vault
   * token: prefer `httpPost`. The agent's image needs `killall` and `timeout`, as
   * Vault's images on Alpine have them.
   */
  static signal(given: SignalReload): Reload {
    const { process, signal = "HUP" } = checkedOptions(undefined, "SignalReload", given, "Reload.signal");
    return new Reload("signal", signalled(signal, process), processProblem(process));
  }

  /**
   * The agent ends the app by TERM, and the kubelet starts its container again. Use it for an app that reads the file only at its
   * start. It needs the same options as `signal`. Refused: a Job or a CronJob, whose work would end half done.
   *
   * Refused as well: tokens that live 750 seconds or less. The kubelet counts the end as a crash, unless the container has run
   * for 10 minutes. After each crash it waits longer before it starts the container, up to 5 minutes. An agent takes a new login
   * at a random moment, when 80 to 90 percent of the old one's time are over. So pods that started together seldom restart
   * together. No PodDisruptionBudget counts such a restart: run more than one pod.
   */
  static restart(given: ReloadedProcess): Reload {
    const { process } = checkedOptions(undefined, "ReloadedProcess", given, "Reload.restart");
    return new Reload("restart", signalled("TERM", process), processProblem(process));
  }

  /**
   * The app watches the folder of the file. It must not watch the file itself, nor mount it by `subPath`: the agent puts a new file in
   * the place of the old one.
   */
  static fileWatch(): Reload {
    return new Reload("file", undefined, undefined);
  }

  private constructor(
    /** How the app learns of it. */
    readonly kind: "http" | "signal" | "restart" | "file",
    /** @internal What the agent runs after a rendering. */
    readonly _command: string | undefined,
    /** @internal What is wrong with it, and how to put it right. */
    readonly _problem: ReloadProblem | undefined,
  ) {}

  /** @internal Whether the agent must reach the app's processes. */
  get _signals(): boolean {
    return this.kind === "signal" || this.kind === "restart";
  }
}

/** What of a reload cannot work, and how to put it right. */
interface ReloadProblem {
  readonly why: string;
  readonly fix: string;
}

function processProblem(process: string): ReloadProblem | undefined {
  if (!/^[A-Za-z0-9._][A-Za-z0-9._-]*$/.test(process))
    return {
      why: `process ${JSON.stringify(process)} is not made of letters, digits, '-', '_' and '.', or begins with '-'`,
      fix: "give the name of the program alone, as `ps -o comm` shows it in the container",
    };
  return NOT_THE_APP.includes(process)
    ? {
        why: `process ${JSON.stringify(process)} is one of the agent's own or of the pod's: the signal would reach these, too`,
        fix: "name a program that only the app runs; a script is known by its file's name if it begins with #! and is started by it. Or take Reload.httpPost",
      }
    : undefined;
}

function signalled(signal: string, process: string): string {
  return `timeout 10 killall -q -${signal} ${process} || ${told(`no process ${process} took a signal`)}`;
}

/** Whatever the command says, the agent goes on. */
function told(what: string): string {
  return `echo 'leasehold: ${what}: an app that was running still has its old login'`;
}
