import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import { dnsLabelProblem } from "../../access/model/rules";
import { ensureAccessCheck } from "../synthesis/check";
import { IGrantee, IWorkloadIdentity } from "../identity/workload-identity";
import { explainedBut } from "../private/kept";
import { report } from "../private/findings";
import { untraced } from "../private/source-line";
import { literal } from "../private/terraform";
import { openOf } from "../injection/open";
import { drainTimes, injectedPod, InjectedPodProps, waitFor } from "../injection/pod";

export interface InjectedDeploymentProps extends InjectedPodProps {
  /** Name of the Deployment. @default - the construct's id */
  readonly name?: string;
  /** @default 2 */
  readonly replicas?: number;
  /**
   * How long the app takes to finish what it began once it is told to stop. Its login outlives that by 5 seconds, and
   * the pod the login by 10: revocation runs beside the app's own shutdown, and ends its sessions.
   *
   * @default 20 seconds
   */
  readonly drain?: Duration;
  /** Have `apply` wait until the pods are ready. @default true */
  readonly waitForRollout?: boolean;
}

/**
 * A Deployment whose pods get their logins from the injected Vault agent.
 *
 * Each pod holds one login per credential: init container and sidecar share it through the agent's cache, it is
 * renewed while the pod lives and revoked when the pod ends. The pod passes the `restricted` Pod Security level.
 */
export class InjectedDeployment extends Construct implements IGrantee {
  readonly grantee: IWorkloadIdentity;
  /** The L1. */
  readonly resource: DeploymentV1;

  constructor(scope: Construct, id: string, props: InjectedDeploymentProps) {
    super(scope, id);
    ensureAccessCheck(this);
    this.grantee = props.identity.grantee;
    const name = props.name ?? id;
    const problem = dnsLabelProblem(name);
    if (problem)
      report(this, {
        code: "kubernetes-name",
        message: `Deployment name ${JSON.stringify(name)} ${problem}`,
        fix: "give `name` such a label",
      });
    const { revokeGrace, terminationGracePeriodSeconds } = drainTimes(props.drain ?? Duration.seconds(20));
    if (props.injector?.revokeGrace && props.injector.revokeGrace.toSeconds() + 10 > terminationGracePeriodSeconds) {
      report(this, {
        code: "drain",
        message: `revokeGrace ${props.injector.revokeGrace} leaves no 10 seconds of the pod's ${terminationGracePeriodSeconds}s for the revocation`,
        fix: "set `drain`, from which both follow",
      });
    }
    const { template, labels, needs } = injectedPod(this, props, {
      kind: "Deployment",
      name,
      injector: { revokeOnShutdown: true, revokeGrace },
      terminationGracePeriodSeconds,
    });
    const deployment = untraced(
      () =>
        new DeploymentV1(this, "Resource", {
          metadata: { name: literal(name), namespace: this.grantee.key.namespace, labels },
          spec: {
            replicas: String(props.replicas ?? 2),
            selector: { matchLabels: { "app.kubernetes.io/name": literal(name) } },
            template,
          },
          waitForRollout: props.waitForRollout ?? true,
        }),
    );
    this.resource = explainedBut(deployment, openOf(this, props, name));
    waitFor(this.resource, needs);
  }
}
