import { Token } from "cdktf";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import type { ExternalPod } from "../../access/model/external-pod";
import type { WorkloadKind } from "../../access/model/graph";
import { dnsLabelProblem } from "../../access/model/rules";
import { TOKEN_VOLUME } from "../injection/agent-mode";
import { CA_FOLDER, CA_VOLUME } from "../injection/ca-files";
import { demandNodes } from "../injection/demand-nodes";
import { podDemands } from "../injection/demands";
import { openOf } from "../injection/open";
import { CredentialedPodProps } from "../injection/pod-props";
import { requiredIdentity } from "../identity/grantee";
import { claimName } from "../private/claims";
import { report } from "../private/findings";
import { mark } from "../private/guards";
import { ensureAccessCheck } from "../synthesis/check";
import { IKubernetesAuth, podTokenSeconds } from "../contracts/cluster";
import { IGrantee, IWorkloadIdentity } from "../contracts/identity";
import { checkedOptions, madeIn } from "../private/options";

/** Options of an ExternalWorkload. */
export interface ExternalWorkloadProps extends CredentialedPodProps {
  /** What kind of object its owner makes. */
  readonly kind: WorkloadKind;
  /** Name of that object in Kubernetes: a DNS label. @default - the construct's id */
  readonly name?: string;
  /**
   * How long the app takes to finish what it began once it is told to stop; the pod's termination grace period follows.
   *
   * @default 20 seconds; of a Job and a CronJob, none: their pods end by themselves
   */
  readonly drain?: Duration;
  /**
   * Greatest number of its pods that run at once, also in a rollout. It counts against the server's `max_connections`, and
   * configures nothing.
   *
   * @default - not known
   */
  readonly pods?: number;
}

/** The tools of Kubernetes turn YAML into JSON and read that as YAML, in which these are then as they are, and not allowed. */
const UNCARRIED = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/;

function hexOf(text: string): string {
  const [character = ""] = UNCARRIED.exec(text) ?? [];
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}

/**
 * A workload that another tool deploys: a Helm release, Argo CD, Flux, kubectl.
 *
 * Leasehold makes what its pods need: the ServiceAccount, the file with the database's CA, and the access. The report shows the
 * workload like any other. `leasehold annotations` prints what the owner must write into the pod.
 *
 * Refused: an annotation or an audience whose value is known only when Terraform runs, since nobody could write it down before.
 * Refused as well: one with a control character that the owner's tools do not carry.
 */
export class ExternalWorkload extends Construct implements IGrantee {
  readonly grantee: IWorkloadIdentity;
  private readonly demanded: ExternalPod;

  constructor(scope: Construct, id: string, given: ExternalWorkloadProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "ExternalWorkloadProps", given);
    ensureAccessCheck(this);
    this.grantee = requiredIdentity(this, "`identity`", props.identity);
    const { cluster, namespace, serviceAccount } = this.grantee.key;
    const name = props.name ?? id;
    checkWorkload(this, name, props);
    claimName(this, "workload", `${props.kind} ${cluster}/${namespace}/${name}`);
    const ends = props.kind === "Job" || props.kind === "CronJob";
    const drain = props.drain ?? (ends ? undefined : Duration.seconds(20));
    // Of a Vault that this program makes its address is shown as well: nobody but the owner writes it down.
    const open = openOf(this, { ...props, containers: [] }, name);
    const { annotations, caFiles, terminationGracePeriodSeconds } = podDemands(this, props, {
      kind: props.kind,
      name,
      drain,
      pods: props.pods,
      demands: () => demandNodes(this.demanded, open({ vaultServers: 0 })),
    });
    refuseUnwritable(this, name, annotations, this.grantee.cluster.audience);
    this.demanded = {
      path: this.node.path,
      kind: props.kind,
      cluster,
      namespace,
      name,
      serviceAccountName: serviceAccount,
      makesServiceAccount: props.serviceAccount !== "existing",
      annotations,
      terminationGracePeriodSeconds,
      volumes: [
        tokenVolume(this.grantee.cluster),
        ...(caFiles ? [{ name: CA_VOLUME, configMap: { name: caFiles } }] : []),
      ],
      volumeMounts: caFiles ? [{ name: CA_VOLUME, mountPath: CA_FOLDER, readOnly: true }] : [],
    };
    mark(this, "ExternalWorkload");
  }

  /** Annotations of the pod, as Kubernetes gets them. */
  get podAnnotations(): Record<string, string> {
    return { ...this.demanded.annotations };
  }

  /** @internal */
  _externalPod(): ExternalPod {
    return this.demanded;
  }
}

function checkWorkload(scope: ExternalWorkload, name: string, { kind, pods }: ExternalWorkloadProps): void {
  const problem = dnsLabelProblem(name);
  if (problem)
    report(scope, {
      code: "kubernetes-name",
      message: `${kind} name ${JSON.stringify(name)} ${problem}`,
      fix: "give `name` as Kubernetes has it",
    });
  if (pods !== undefined && !(Number.isSafeInteger(pods) && pods >= 0))
    report(scope, {
      code: "workload",
      message: `pods ${JSON.stringify(pods)} is not a whole number of at least 0`,
      fix: "give `pods` such a number, or leave it out",
    });
}

/** What the owner of the workload has to write down must be known when the program is synthesized. */
function refuseUnwritable(
  scope: ExternalWorkload,
  name: string,
  annotations: Readonly<Record<string, string>>,
  audience: string,
): void {
  const told = [
    ...Object.entries(annotations).map(([key, text]) => [`annotation ${key}`, text]),
    ["audience", audience],
  ];
  for (const [what, value] of told.filter(([, text]) => Token.isUnresolved(text)))
    report(scope, {
      code: "annotation",
      message: `${what} is ${JSON.stringify(value)}, whose value is known only when Terraform runs: the owner of ${name} cannot write it down`,
      fix: "give the addresses of Vault and PostgreSQL, and what else is part of it, as plain text",
    });
  for (const [what, value] of told.filter(([, text]) => UNCARRIED.test(text)))
    report(scope, {
      code: "annotation",
      message: `${what} holds the character U+${hexOf(value)}, with which Helm, kustomize and kubectl read no YAML, however it is written`,
      fix: "leave it out",
    });
}

/** The projected token with which the pod logs in to Vault. */
function tokenVolume(cluster: IKubernetesAuth): object {
  const token = { path: "token", audience: cluster.audience, expirationSeconds: podTokenSeconds(cluster) };
  return { name: TOKEN_VOLUME, projected: { sources: [{ serviceAccountToken: token }] } };
}
