import { DaemonSetV1, DaemonSetV1SpecTemplate } from "@cdktf/provider-kubernetes/lib/daemon-set-v1";
import { Construct } from "constructs";
import { InjectedWorkload, LongRunningProps } from "./injected-workload";

/** Options of an InjectedDaemonSet. */
export interface InjectedDaemonSetProps extends LongRunningProps {
  /** "OnDelete" leaves old pods until somebody deletes them. @default "RollingUpdate" */
  readonly updateStrategy?: "RollingUpdate" | "OnDelete";
  /** Pods that may be missing during a rollout: a number, or a share such as "25%". Not with "OnDelete". @default 1 */
  readonly maxUnavailable?: number | string;
}

/** A DaemonSet whose pods, one on each node, get their logins from the injected Vault agent as those of an InjectedDeployment do. */
export class InjectedDaemonSet extends InjectedWorkload {
  /** The L1. */
  readonly resource: DaemonSetV1;

  constructor(scope: Construct, id: string, props: InjectedDaemonSetProps) {
    super(scope, id, props);
    this._checkNumbers(0, { minReadySeconds: props.minReadySeconds });
    const { updateStrategy, maxUnavailable } = props;
    this.resource = this._make(
      props,
      this._longRunning("DaemonSet", props),
      ({ metadata, selector, template }) =>
        new DaemonSetV1(this, "Resource", {
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
        }),
    );
  }
}
