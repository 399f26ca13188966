import type {
  StatefulSetV1SpecTemplate,
  StatefulSetV1SpecVolumeClaimTemplate,
} from "@cdktf/provider-kubernetes/lib/stateful-set-v1";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { report } from "../private/findings";
import { knownCount, objectName } from "../injection/pod-words";
import { checkRollout, rolloutTimeouts } from "./rollout";
import { claimProblems, VolumeClaim } from "./volume-claims";
import { InjectedWorkload, LongRunningProps } from "./injected-workload";
import { checkedOptions } from "../private/options";
import { large } from "../private/large-classes";

/** Options of an InjectedStatefulSet. */
export interface InjectedStatefulSetProps extends LongRunningProps {
  /** How many pods run. @default 1 */
  readonly replicas?: number;
  /** Name of the headless Service that gives the pods their host names; it is yours to make. @default - the name of the StatefulSet */
  readonly serviceName?: string;
  /** Whether pods start and end one after the other. @default "OrderedReady" */
  readonly podManagementPolicy?: "OrderedReady" | "Parallel";
  /** "OnDelete" leaves old pods until somebody deletes them. `apply` waits for no pod then: the provider cannot. @default "RollingUpdate" */
  readonly updateStrategy?: "RollingUpdate" | "OnDelete";
  /** Storage of each pod. The access report lists it: a claim that is there already is taken over with what it holds. @default - none */
  readonly volumeClaims?: VolumeClaim[];
}

/**
 * A StatefulSet whose pods get their logins from the injected Vault agent, each a login of its own, as those of an
 * InjectedDeployment do. A pod that comes back under the same name has another login.
 */
export class InjectedStatefulSet extends InjectedWorkload {
  /**
   * The L1, a `StatefulSetV1` of the Kubernetes provider. Cast it where you need its own fields: its declarations are long, and a program
   * that does not name the class compiles without them.
   */
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, given: InjectedStatefulSetProps) {
    super(scope, id, given);
    const props = checkedOptions(this, "InjectedStatefulSetProps", given);
    this._checkNumbers(0, { replicas: props.replicas, minReadySeconds: props.minReadySeconds });
    const claims = props.volumeClaims ?? [];
    for (const problem of [...claims.flatMap(claimProblems), ...objectName("serviceName", props.serviceName)])
      report(this, { code: "workload", ...problem });
    const onDelete = props.updateStrategy === "OnDelete";
    if (onDelete && props.waitForRollout === true)
      report(this, {
        code: "workload",
        message:
          'waitForRollout true beside updateStrategy "OnDelete": the apply would end with "rollout status is only available for RollingUpdate strategy type"',
        fix: "leave waitForRollout out",
      });
    const replicas = props.replicas ?? 1;
    const shape = this._longRunning("StatefulSet", props, { pods: knownCount(replicas) });
    // A pod of a StatefulSet is ended before its successor is made, one after the other.
    checkRollout(this, shape.rollout, {
      steps: replicas,
      parts: { drain: shape.drain.toSeconds(), minReadySeconds: props.minReadySeconds ?? 0 },
    });
    this.resource = this._make(
      props,
      { ...shape, claims: claims.map(({ name }) => name) },
      ({ metadata, selector, template }) =>
        new large.StatefulSetV1(this, "Resource", {
          metadata,
          spec: {
            serviceName: props.serviceName ?? metadata.name,
            replicas: String(replicas),
            minReadySeconds: props.minReadySeconds,
            podManagementPolicy: props.podManagementPolicy,
            updateStrategy: props.updateStrategy && [{ type: props.updateStrategy }],
            selector,
            template: template as StatefulSetV1SpecTemplate,
            volumeClaimTemplate: claims.map(claimTemplate),
          },
          waitForRollout: props.waitForRollout ?? !onDelete,
          timeouts: rolloutTimeouts(shape.rollout),
        }),
      { volumeClaims: props.volumeClaims },
    );
  }
}

/** A claim, as the Kubernetes provider has it. */
function claimTemplate({
  name,
  storage,
  storageClass,
  accessModes,
}: VolumeClaim): StatefulSetV1SpecVolumeClaimTemplate {
  return {
    metadata: { name },
    spec: {
      accessModes: [...(accessModes ?? ["ReadWriteOnce"])],
      storageClassName: storageClass,
      resources: { requests: { storage } },
    },
  };
}
