import type { JobV1SpecTemplate } from "@cdktf/provider-kubernetes/lib/job-v1";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import type { WorkloadKind } from "../../access/model/graph";
import type { PodShape } from "../injection/pod-props";
import { knownCount } from "../injection/pod-words";
import { InjectedWorkload, InjectedWorkloadProps } from "./injected-workload";
import { checkedOptions } from "../private/options";
import { large } from "../private/large-classes";

/** How the pods of a Job, or of each Job of a CronJob, run. */
export interface JobRunProps extends InjectedWorkloadProps {
  /** Whether a container that fails is started anew in its pod, or in a new pod with a new login. @default "Never" */
  readonly restartPolicy?: "Never" | "OnFailure";
  /** How often a failure is tried again before the Job has failed. @default 6 */
  readonly backoffLimit?: number;
  /** Pods that must succeed. @default 1 */
  readonly completions?: number;
  /** Pods at a time; each has a login of its own. @default 1 */
  readonly parallelism?: number;
  /** After that the Job is ended, whatever it does. @default - never */
  readonly activeDeadline?: Duration;
  /**
   * How long a Job that has ended is kept. A Job that no CronJob made is then gone from the cluster, and the next apply makes
   * it anew: it runs again.
   *
   * @default - kept
   */
  readonly ttlAfterFinished?: Duration;
}

/** Options of an InjectedJob. */
export interface InjectedJobProps extends JobRunProps {
  /** Have `apply` wait until the Job has ended. @default false */
  readonly waitForCompletion?: boolean;
}

/**
 * A Job whose pods get their logins from the injected Vault agent before they start. The agent renews the login while the work
 * runs. When the work has ended, the kubelet ends the agent, the agent revokes the login, and the Job completes.
 *
 * With `agent: "init-and-sidecar"` no agent runs beside the app, and nothing renews the login. It ends `lease.ttl` after the pod
 * began: choose a `ttl` that is longer than the work.
 *
 * Kubernetes cannot change the pod of a Job. So a Job that changed is deleted, made again, and runs again.
 */
export class InjectedJob extends InjectedWorkload {
  /**
   * The L1, a `JobV1` of the Kubernetes provider. Cast it where you need its own fields: its declarations are long, and a program
   * that does not name the class compiles without them.
   */
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, given: InjectedJobProps) {
    super(scope, id, given);
    const props = checkedOptions(this, "InjectedJobProps", given);
    this._checkNumbers(0, { backoffLimit: props.backoffLimit });
    this._checkNumbers(1, { completions: props.completions, parallelism: props.parallelism });
    this.resource = this._make(
      props,
      jobShape("Job", props),
      ({ metadata, template }) =>
        new large.JobV1(this, "Resource", {
          metadata,
          spec: { ...jobSpec(props), template: template as JobV1SpecTemplate },
          waitForCompletion: props.waitForCompletion ?? false,
        }),
    );
  }
}

/** @internal The pod of a Job: it ends by itself. */
export function jobShape(kind: WorkloadKind, props: JobRunProps): Omit<PodShape, "name"> {
  const { restartPolicy = "Never", parallelism = 1, activeDeadline } = props;
  return {
    kind,
    restartPolicy,
    pods: knownCount(parallelism),
    starts: activeDeadline && `for at most ${activeDeadline}`,
  };
}

/** @internal What the spec of a Job and of a CronJob's Jobs have in common. */
export function jobSpec(props: JobRunProps): {
  readonly backoffLimit?: number;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: string;
} {
  const { backoffLimit, completions, parallelism, activeDeadline, ttlAfterFinished } = props;
  return {
    ...{ backoffLimit, completions, parallelism, activeDeadlineSeconds: activeDeadline?.toSeconds() },
    ttlSecondsAfterFinished: ttlAfterFinished && String(ttlAfterFinished.toSeconds()),
  };
}
