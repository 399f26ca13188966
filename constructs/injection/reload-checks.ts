import { Aspects } from "cdktf";
import { Construct, IConstruct } from "constructs";
import type { WorkloadKind } from "../../access/model/graph";
import type { IWorkloadIdentity } from "../contracts/identity";
import { report } from "../private/findings";
import { mark } from "../private/guards";
import type { Reload } from "./reload";

/** @internal What of a pod decides whether its app can be told. */
export interface ReloadingPod {
  readonly kind: WorkloadKind;
  readonly identity: IWorkloadIdentity;
  /** Whether an agent runs beside the app. */
  readonly agentBeside: boolean;
  readonly injector: {
    readonly shareProcessNamespace?: boolean;
    readonly runAsSameUser?: boolean;
    readonly runAsUser?: number;
  };
  /** Annotations that the user gives as they are. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** @internal Reports what keeps the apps of a pod from learning of new files. */
export function checkReloads(
  scope: Construct,
  files: readonly { readonly name: string; readonly file?: string; readonly reload?: Reload }[],
  { kind, identity, agentBeside, injector, annotations = {} }: ReloadingPod,
): void {
  const reaches =
    injector.shareProcessNamespace === true && (injector.runAsSameUser === true || injector.runAsUser !== undefined);
  for (const { name, file = name, reload } of files) {
    if (reload === undefined) continue;
    const refuse = (why: string, fix: string): void =>
      report(scope, { code: "credential-reload", message: `reload of ${JSON.stringify(file)}: ${why}`, fix });
    if (reload._problem) refuse(reload._problem.why, reload._problem.fix);
    if (!agentBeside)
      refuse(
        "no agent runs beside the app, so that the file never changes",
        "leave `reload` out, or have the agent run as a native sidecar",
      );
    if (reload.kind === "restart" && (kind === "Job" || kind === "CronJob"))
      refuse(
        `a ${kind} that is told to end leaves its work half done`,
        "take Reload.httpPost, Reload.signal or Reload.fileWatch",
      );
    if (reload.kind === "restart") whenTimesAreKnown(scope, identity, refuse);
    if (reload._signals && !reaches)
      refuse(
        "the agent neither sees the app's processes nor runs as their user",
        "set `injector: { shareProcessNamespace: true, runAsSameUser: true }` and the container's `securityContext.runAsUser`, or take Reload.httpPost",
      );
  }
  for (const key of Object.keys(annotations).filter((name) => name.includes("/agent-inject-command-")))
    report(scope, {
      code: "credential-reload",
      message: `annotation ${key} has the agent run a command: if the command failed, the agent would write every file again and again; if it took 30 seconds, the agent would write none any more (hashicorp/vault#12566, #9108)`,
      fix: "say how the app learns of a new file by `reload` of the credential or of the secret",
    });
}

/** Seconds that a container must have run for the kubelet to forget that it ended before. */
const FORGOTTEN = 600;

/** The token's time is known when everything is granted. */
function whenTimesAreKnown(
  scope: Construct,
  identity: IWorkloadIdentity,
  refuse: (why: string, fix: string) => void,
): void {
  const visit = (node: IConstruct): void => {
    if (node !== scope) return;
    const { tokenMaxTtl = 0 } = (identity as Partial<Described>)._graphNode?.() ?? {};
    // One that is made elsewhere says 0: it is not known.
    if (tokenMaxTtl > 0 && tokenMaxTtl * 0.8 <= FORGOTTEN)
      refuse(
        `its container would end every ${Math.floor(tokenMaxTtl * 0.8)} seconds, 80% of tokenMaxTtl ${tokenMaxTtl}s, and the kubelet counts an end as a crash until it has run for ${FORGOTTEN} seconds`,
        "let the leases of the identity live longer than 750 seconds, or take Reload.httpPost",
      );
  };
  Aspects.of(scope).add(mark({ visit }, "Aspect"));
}

interface Described {
  _graphNode(): { readonly tokenMaxTtl: number };
}
