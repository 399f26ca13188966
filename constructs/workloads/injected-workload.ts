import type { DeploymentV1SpecTemplate } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { TerraformResource, Token } from "cdktf";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import type { WorkloadKind } from "../../access/model/graph";
import { dnsLabelProblem, metadataKeyProblem, statefulSetNameProblem, textProblem } from "../../access/model/rules";
import { openOf } from "../injection/open";
import { waitFor } from "../injection/delivery";
import type { PodShape } from "../injection/pod-props";
import { injectedPod, InjectedPodProps } from "../injection/pod";
import { isCount, LARGEST } from "../injection/pod-words";
import { claimName } from "../private/claims";
import { report } from "../private/findings";
import { explainedBut } from "../private/origin";
import { untraced } from "../private/source-line";
import { literal } from "../private/terraform";
import { ensureAccessCheck } from "../synthesis/check";
import { requiredIdentity } from "../identity/grantee";
import { IGrantee, IWorkloadIdentity } from "../contracts/identity";
import { madeIn } from "../private/options";

/** What every kind of workload has in common. */
export interface InjectedWorkloadProps extends InjectedPodProps {
  /** Name of the object in Kubernetes: a DNS label. @default - the construct's id */
  readonly name?: string;
}

/** Options of all kinds whose pods run until they are told to stop. */
export interface LongRunningProps extends InjectedWorkloadProps {
  /**
   * How long the app may take to finish what it began once it is told to stop. The pod has 10 seconds more, for the revocation,
   * which begins when the app has ended. With `agent: "init-and-sidecar"` it begins 5 seconds after this time, whenever the app
   * ended, and the pod has 15 seconds more.
   *
   * @default 20 seconds
   */
  readonly drain?: Duration;
  /**
   * How long a rollout may take: `apply` waits so long, and a Deployment's rollout has failed after it. Refused: a time
   * that is too short for the pods' own times.
   *
   * @default - the provider's own: 10 minutes
   */
  readonly rollout?: Duration;
  /** Have `apply` wait until the pods are ready. @default true */
  readonly waitForRollout?: boolean;
  /** Seconds for which a new pod must be ready before it counts. @default 0 */
  readonly minReadySeconds?: number;
}

/** @internal What a kind makes its object from. */
export interface WorkloadParts {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly selector: { readonly matchLabels: Record<string, string> };
  /** The types of the provider's kinds differ in name only. */
  readonly template: DeploymentV1SpecTemplate;
}

/**
 * The base of every workload whose pods get their logins from the injected Vault agent. All of them have the same kind of pod,
 * the same place in the access graph, and an identity that can be granted access.
 */
export abstract class InjectedWorkload extends Construct implements IGrantee {
  readonly grantee: IWorkloadIdentity;

  protected constructor(scope: Construct, id: string, props: InjectedWorkloadProps) {
    super(madeIn(scope, id, new.target), id);
    ensureAccessCheck(this);
    this.grantee = requiredIdentity(this, "`identity`", props?.identity);
  }

  /** @internal Makes the pod, then the object of it by `make`; `open` are props of the kind that bear on access. */
  protected _make<T extends TerraformResource>(
    props: InjectedWorkloadProps,
    shape: Omit<PodShape, "name">,
    make: (parts: WorkloadParts) => T,
    open: Readonly<Record<string, unknown>> = {},
  ): T {
    const name = props.name ?? this.node.id;
    const problem = shape.kind === "StatefulSet" ? statefulSetNameProblem(name) : dnsLabelProblem(name);
    if (problem)
      report(this, {
        code: "kubernetes-name",
        message: `${shape.kind} name ${JSON.stringify(name)} ${problem}`,
        fix: "give `name` such a label",
      });
    claimName(this, "workload", `${shape.kind} ${this.grantee.key.cluster}/${this.grantee.key.namespace}/${name}`);
    const annotations = props.objectAnnotations && this.checked(props.objectAnnotations);
    const { template, labels, needs } = injectedPod(this, props, { ...shape, name });
    const parts: WorkloadParts = {
      metadata: {
        name: literal(name),
        namespace: this.grantee.key.namespace,
        labels: { ...labels, ...props.objectLabels },
        ...(annotations && { annotations }),
      },
      selector: { matchLabels: { "app.kubernetes.io/name": literal(name) } },
      template,
    };
    const resource = untraced(() => make(parts));
    waitFor(explainedBut(resource, openOf(this, props, name, open)), needs);
    return resource;
  }

  /** @internal The shape of pods that run until they are told to stop. */
  protected _longRunning(
    kind: WorkloadKind,
    props: LongRunningProps,
    count: Pick<PodShape, "pods" | "surge">,
  ): Omit<PodShape, "name"> & { readonly drain: Duration } {
    const drain = props.drain ?? Duration.seconds(20);
    return { kind, drain, rollout: props.rollout, ...count };
  }

  /** @internal Says which of these numbers is not a whole one of at least `least`. */
  protected _checkNumbers(least: number, numbers: Readonly<Record<string, number | undefined>>): void {
    for (const [prop, value] of Object.entries(numbers))
      if (value !== undefined && !isCount(value, least))
        report(this, {
          code: "workload",
          message: `${prop} ${JSON.stringify(value)} is not a whole number of at least ${least}${value > LARGEST ? `, and at most ${LARGEST}` : ""}`,
          fix: `give \`${prop}\` such a number, or leave it out`,
        });
  }

  /** @internal Says which of these is neither a number of pods nor a share of them. */
  protected _checkShares(shares: Readonly<Record<string, number | string | undefined>>): void {
    for (const [prop, value] of Object.entries(shares)) {
      if (value === undefined || Token.isUnresolved(value)) continue;
      const share = typeof value === "number" ? undefined : /^(\d{1,9})(%?)$/.exec(value);
      const fit = typeof value === "number" ? isCount(value, 0) : share !== undefined && share !== null;
      const whole = share?.[2] === "%" && prop === "maxUnavailable" && Number(share[1]) > 100;
      if (!fit || whole)
        report(this, {
          code: "workload",
          message: `${prop} ${JSON.stringify(value)} is ${whole ? "more than all pods" : "neither a number of pods nor a share of them"}`,
          fix: 'write a whole number, or a share such as "25%"',
        });
    }
  }

  private checked(annotations: Readonly<Record<string, string>>): Record<string, string> {
    for (const [key, value] of Object.entries(annotations)) {
      const problem = metadataKeyProblem(key) ?? textProblem(value);
      if (problem)
        report(this, {
          code: "annotation",
          message: `annotation ${JSON.stringify(key)} of the object, ${JSON.stringify(value)}, ${problem}`,
          fix: "give a key that Kubernetes has, and a text in normal form C",
        });
    }
    return Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key, literal(value)]));
  }
}
