import type { DaemonSetV1SpecTemplate } from "@cdktf/provider-kubernetes/lib/daemon-set-v1";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { knownCount } from "../injection/pod-words";
import { report } from "../private/findings";
import { checkRollout, podsOf, rolloutTimeouts } from "./rollout";
import { InjectedWorkload, LongRunningProps } from "./injected-workload";
import { checkedOptions } from "../private/options";
import { large } from "../private/large-classes";

/** Options of an InjectedDaemonSet. */
export interface InjectedDaemonSetProps extends LongRunningProps {
  /** "OnDelete" leaves old pods until somebody deletes them. @default "RollingUpdate" */
  readonly updateStrategy?: "RollingUpdate" | "OnDelete";
  /** Pods that may be missing during a rollout: a number, or a share such as "25%". Not with "OnDelete". @default 1 */
  readonly maxUnavailable?: number | string;
  /**
   * Greatest number of nodes on which it runs. It counts against the server's `max_connections`, and configures nothing. @default
   * - not known
   */
  readonly nodes?: number;
}

/** A DaemonSet whose pods, one on each node, get their logins from the injected Vault agent as those of an InjectedDeployment do. */
export class InjectedDaemonSet extends InjectedWorkload {
  /**
   * The L1, a `DaemonSetV1` of the Kubernetes provider. Cast it where you need its own fields: its declarations are long, and a program
   * that does not name the class compiles without them.
   */
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, given: InjectedDaemonSetProps) {
    super(scope, id, given);
    const props = checkedOptions(this, "InjectedDaemonSetProps", given);
    this._checkNumbers(0, { minReadySeconds: props.minReadySeconds, nodes: props.nodes });
    const { updateStrategy, maxUnavailable } = props;
    this._checkShares({ maxUnavailable });
    const stuck = /^0+%?$/.test(String(maxUnavailable));
    if (stuck || (updateStrategy === "OnDelete" && maxUnavailable !== undefined))
      report(this, {
        code: "workload",
        message: stuck
          ? `maxUnavailable ${JSON.stringify(maxUnavailable)}: no pod of a DaemonSet could be replaced`
          : 'maxUnavailable beside updateStrategy "OnDelete", where no rollout takes pods away',
        fix: stuck ? "let at least one pod be missing" : "leave `maxUnavailable` out",
      });
    const shape = this._longRunning("DaemonSet", props, { pods: knownCount(props.nodes) });
    const nodes = props.nodes ?? 1;
    checkRollout(this, shape.rollout, {
      steps: Math.ceil(nodes / Math.max(1, podsOf(maxUnavailable ?? 1, nodes, Math.ceil))),
      parts: { drain: shape.drain.toSeconds(), minReadySeconds: props.minReadySeconds ?? 0 },
    });
    this.resource = this._make(
      props,
      shape,
      ({ metadata, selector, template }) =>
        new large.DaemonSetV1(this, "Resource", {
          metadata,
          spec: {
            minReadySeconds: props.minReadySeconds,
            selector,
            strategy:
              updateStrategy === undefined && maxUnavailable === undefined
                ? undefined
                : {
                    type: updateStrategy ?? "RollingUpdate",
                    ...(maxUnavailable !== undefined && { rollingUpdate: { maxUnavailable: String(maxUnavailable) } }),
                  },
            template: template as DaemonSetV1SpecTemplate,
          },
          waitForRollout: props.waitForRollout ?? true,
          timeouts: rolloutTimeouts(shape.rollout),
        }),
    );
  }
}
