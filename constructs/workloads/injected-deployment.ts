import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { knownCount } from "../injection/pod-words";
import { report } from "../private/findings";
import { checkRollout, podsOf, rolloutTimeouts } from "./rollout";
import { InjectedWorkload, LongRunningProps } from "./injected-workload";
import { checkedOptions } from "../private/options";
import { large } from "../private/large-classes";

/** Options of an InjectedDeployment. */
export interface InjectedDeploymentProps extends LongRunningProps {
  /** How many pods run. @default 2 */
  readonly replicas?: number;
  /** How old pods give way to new ones. @default - Kubernetes' own: 25 % surge, 25 % unavailable */
  readonly strategy?: DeploymentStrategy;
}

/** How the pods of a Deployment are replaced. */
export interface DeploymentStrategy {
  /** "Recreate" ends all old pods before a new one starts. @default "RollingUpdate" */
  readonly type?: "RollingUpdate" | "Recreate";
  /** Pods beyond `replicas` during a rollout: a number, or a share such as "25%". @default "25%" */
  readonly maxSurge?: number | string;
  /** Pods that may be missing during a rollout: a number, or a share such as "25%". @default "25%" */
  readonly maxUnavailable?: number | string;
}

/**
 * A Deployment whose pods get their logins from the injected Vault agent.
 *
 * Each pod has one login per credential. The login is there before the app starts. It is renewed while the pod lives, and revoked
 * when the app has ended. The pod passes the `restricted` Pod Security level.
 */
export class InjectedDeployment extends InjectedWorkload {
  /**
   * The L1, a `DeploymentV1` of the Kubernetes provider. Cast it where you need its own fields: its declarations are long, and a program
   * that does not name the class compiles without them.
   */
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, given: InjectedDeploymentProps) {
    super(scope, id, given);
    const props = checkedOptions(this, "InjectedDeploymentProps", given);
    this._checkNumbers(0, { replicas: props.replicas, minReadySeconds: props.minReadySeconds });
    const { type, maxSurge, maxUnavailable } = props.strategy ?? {};
    this._checkShares({ maxSurge, maxUnavailable });
    if (type === "Recreate" && (maxSurge !== undefined || maxUnavailable !== undefined))
      report(this, {
        code: "workload",
        message:
          'maxSurge or maxUnavailable beside the strategy "Recreate", which ends all pods first: Kubernetes refuses them',
        fix: "leave both out, or leave `type` out",
      });
    if ([maxSurge, maxUnavailable].every((share) => /^0+%?$/.test(String(share))))
      report(this, {
        code: "workload",
        message: "maxSurge and maxUnavailable are both 0: no pod could be replaced",
        fix: "let a rollout add a pod, or take one away",
      });
    const rolling = maxSurge !== undefined || maxUnavailable !== undefined;
    const replicas = props.replicas ?? 2;
    const recreated = type === "Recreate";
    const surge = recreated ? 0 : podsOf(maxSurge ?? "25%", replicas, Math.ceil);
    const shape = this._longRunning("Deployment", props, { pods: knownCount(replicas), surge });
    const missing = podsOf(maxUnavailable ?? "25%", replicas, Math.floor);
    checkRollout(this, shape.rollout, {
      steps: recreated ? 1 : Math.ceil(replicas / Math.max(1, surge + missing)),
      parts: { minReadySeconds: props.minReadySeconds ?? 0, drain: recreated ? shape.drain.toSeconds() : 0 },
    });
    this.resource = this._make(
      props,
      shape,
      ({ metadata, selector, template }) =>
        new large.DeploymentV1(this, "Resource", {
          metadata,
          spec: {
            replicas: String(replicas),
            progressDeadlineSeconds: shape.rollout?.toSeconds(),
            minReadySeconds: props.minReadySeconds,
            selector,
            strategy: props.strategy && {
              type: type ?? "RollingUpdate",
              ...(rolling && {
                rollingUpdate: {
                  maxSurge: maxSurge === undefined ? undefined : String(maxSurge),
                  maxUnavailable: maxUnavailable === undefined ? undefined : String(maxUnavailable),
                },
              }),
            },
            template,
          },
          waitForRollout: props.waitForRollout ?? true,
          timeouts: rolloutTimeouts(shape.rollout),
        }),
    );
  }
}
