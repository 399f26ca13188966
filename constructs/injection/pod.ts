import { TerraformResource, Token } from "cdktf";
import type {
  DeploymentV1SpecTemplate,
  DeploymentV1SpecTemplateSpec,
  DeploymentV1SpecTemplateSpecContainer,
  DeploymentV1SpecTemplateSpecVolume,
} from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { Construct } from "constructs";
import { labelValueProblem, metadataKeyProblem } from "../../access/model/rules";
import { report } from "../private/findings";
import { reportPlaceholders } from "../private/placeholders";
import { literal } from "../private/terraform";
import { IKubernetesAuth, podTokenSeconds } from "../contracts/cluster";
import { SECRETS_FOLDER, TOKEN_VOLUME } from "./agent-mode";
import { agentInPodProblems } from "./agent-problems";
import { PodParts, podProblems } from "./pod-problems";
import { textProblems } from "./pod-texts";
import { Container, containerBlock, Toleration, Volume, volumeBlock } from "./container";
import { runsOf } from "./runs";
import { CA_FOLDER, CA_VOLUME } from "./ca-files";
import { PodDemands, podDemands } from "./demands";
import { CredentialedPodProps, PodShape } from "./pod-props";

const NAME_LABEL = "app.kubernetes.io/name";

/** What every injected workload has in common. */
export interface InjectedPodProps extends CredentialedPodProps {
  /** Containers of the app, at least one. Each sees the files of the credentials. */
  readonly containers: Container[];
  /** Containers that run before, in order. @default - none */
  readonly initContainers?: Container[];
  /** Further volumes of the pod. @default - none */
  readonly volumes?: Volume[];
  /** Labels of the pod beyond `app.kubernetes.io/name`. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels of the object that makes the pods, beyond those of the pod. The access report lists them. @default - none */
  readonly objectLabels?: Readonly<Record<string, string>>;
  /** Annotations of the object that makes the pods. The access report lists them. @default - none */
  readonly objectAnnotations?: Readonly<Record<string, string>>;
  /** Names of Secrets with which the kubelet pulls images. @default - none */
  readonly imagePullSecrets?: string[];
  /** Labels that a node must have. @default - any node */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Taints that the pod may be scheduled beside. @default - none */
  readonly tolerations?: Toleration[];
  /** Affinity as the Kubernetes provider has it, in camel case. @default - none */
  readonly affinity?: Record<string, unknown>;
  /** Name of a PriorityClass. @default - the cluster's own default */
  readonly priorityClassName?: string;
  /** Group that owns the files of the pod's volumes. @default - none */
  readonly fsGroup?: number;
  /**
   * Arguments of the pod's `spec` as the Kubernetes provider has it, in camel case, for what is not named here; they win. The
   * access report lists them.
   *
   * @default - none
   */
  readonly rawPodSpec?: Record<string, unknown>;
}

/** @internal A pod template with everything that it needs beside it. */
export interface InjectedPod {
  readonly template: DeploymentV1SpecTemplate;
  readonly labels: Record<string, string>;
  /** What must exist before the pod, in its own stack. */
  readonly needs: TerraformResource[];
}

/** @internal Builds the pod template, its ServiceAccount and CA files, and declares stack order and deliveries. */
export function injectedPod(scope: Construct, props: InjectedPodProps, shape: PodShape): InjectedPod {
  checkOwnParts(scope, props, shape);
  const demands = podDemands(scope, props, { ...shape, runs: runsOf(props) });
  const labels = { [NAME_LABEL]: shape.name, ...props.labels };
  return { labels, needs: demands.needs, template: templateOf(props, shape, labels, demands) };
}

/** Reports what Kubernetes would refuse in the pod's own parts. What its logins ask of it, `podDemands` reports. */
function checkOwnParts(scope: Construct, props: InjectedPodProps, shape: PodShape): void {
  const containers = [...(props.initContainers ?? []), ...props.containers];
  checkLabels(scope, props, shape.name);
  reportPlaceholders(scope, ...containers.map(({ image }) => ["image", image] as const));
  if (props.containers.length === 0 && !("container" in (props.rawPodSpec ?? {})))
    report(scope, { code: "workload", message: "the pod has no container", fix: "name one in `containers`" });
  const parts: PodParts = {
    containers,
    volumes: props.volumes ?? [],
    claims: shape.claims ?? [],
    open: props.rawPodSpec !== undefined,
    secretsFolder: props.injector?.secretVolumePath ?? SECRETS_FOLDER,
  };
  for (const problem of [...podProblems(parts), ...textProblems(props)])
    report(scope, { code: "workload", ...problem });
  const volumes = parts.open ? undefined : [...parts.volumes.map(({ name }) => name), ...parts.claims];
  for (const problem of agentInPodProblems(props.injector, props.containers, volumes))
    report(scope, { code: "annotation", ...problem });
}

/** The pod's template, as the Kubernetes provider has it. */
function templateOf(
  props: InjectedPodProps,
  shape: PodShape,
  labels: Record<string, string>,
  { annotations, caFiles, terminationGracePeriodSeconds }: PodDemands,
): DeploymentV1SpecTemplate {
  const { identity } = props;
  return {
    metadata: {
      labels,
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key, literal(value)])),
    },
    spec: {
      serviceAccountName: identity.key.serviceAccount,
      // The agent shows Vault a token of its own audience; no container needs one for the API server.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // The provider writes `false` where nothing is said, and the injector does not turn that into `true`.
      shareProcessNamespace: props.injector?.shareProcessNamespace,
      restartPolicy: shape.restartPolicy,
      terminationGracePeriodSeconds,
      // At pod level, since the injected containers set none, and the `restricted` level asks it of all.
      securityContext: {
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
        ...(props.fsGroup !== undefined && { fsGroup: String(props.fsGroup) }),
      },
      imagePullSecrets: props.imagePullSecrets?.map((name) => ({ name: literal(name) })),
      nodeSelector: props.nodeSelector,
      toleration: props.tolerations as [],
      affinity: props.affinity as DeploymentV1SpecTemplateSpec["affinity"],
      priorityClassName: props.priorityClassName,
      initContainer: props.initContainers?.map((container) => restricted(container, caFiles)),
      container: props.containers.map((container) => restricted(container, caFiles)),
      volume: [
        tokenVolume(identity.cluster),
        ...(caFiles ? [{ name: CA_VOLUME, configMap: { name: caFiles } }] : []),
        ...(props.volumes ?? []).map(volumeBlock),
      ],
      ...props.rawPodSpec,
    },
  };
}

/** Reports labels that Kubernetes would refuse, and one that the selector would not find. */
function checkLabels(scope: Construct, { labels, objectLabels }: InjectedPodProps, name: string): void {
  if ((labels?.[NAME_LABEL] ?? name) !== name)
    report(scope, {
      code: "kubernetes-name",
      message: `label ${NAME_LABEL} is ${JSON.stringify(name)}, which the selector asks for`,
      fix: "choose another label, or the name",
    });
  for (const [key, value] of [labels, objectLabels].flatMap((given) => Object.entries(given ?? {}))) {
    const problem =
      metadataKeyProblem(key) ??
      (Token.isUnresolved(value) || labelValueProblem(value) === undefined
        ? undefined
        : `has the value ${JSON.stringify(value)}, which ${labelValueProblem(value)}`);
    if (problem)
      report(scope, {
        code: "kubernetes-name",
        message: `label ${JSON.stringify(key)} ${problem}`,
        fix: "write the label as Kubernetes has it",
      });
  }
}

/** A container of the app: what the `restricted` level asks for, unless it says otherwise, and the CA files. */
function restricted(container: Container, caFiles: string | undefined): DeploymentV1SpecTemplateSpecContainer {
  const block = containerBlock(container);
  return {
    ...block,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
      ...(block.securityContext as object),
    },
    volumeMount: [
      ...((block.volumeMount as []) ?? []),
      ...(caFiles ? [{ name: CA_VOLUME, mountPath: CA_FOLDER, readOnly: true }] : []),
    ],
  };
}

/** The ServiceAccount token that the agent shows to Vault. */
function tokenVolume(cluster: IKubernetesAuth): DeploymentV1SpecTemplateSpecVolume {
  const token = { path: "token", audience: literal(cluster.audience), expirationSeconds: podTokenSeconds(cluster) };
  return { name: TOKEN_VOLUME, projected: [{ sources: [{ serviceAccountToken: token }] }] };
}
