import { IConstruct } from "constructs";
import { isGrantedHere } from "../contracts/database";
import { isMarked } from "../private/guards";
import { copy, ProgramFacts } from "../private/origin";
import type { Credential } from "./credential";
import { Container, containerBlock, volumeBlock } from "./container";
import { agentModeOf } from "./agent-mode";
import type { InjectedPodProps } from "./pod";
import { isKnownLater } from "./runs";
import type { IVault } from "../contracts/vault";

/**
 * What an app's pod says about access that the access graph does not say. It is nothing for a plain workload, so that
 * the report lists only those that deserve a look.
 *
 * The graph knows the identity, and which logins arrive in which files. It follows that the pod runs as that ServiceAccount,
 * shows Vault a token of the cluster's audience, and reads those paths. Where the database is and its CA are part of the
 * entry of its secrets mount, and where Vault is of the entry of its release. What its containers run is part of the graph, but for
 * what is known only when Terraform runs. How many pods there are, and for how long they drain, does not bear on what its identity
 * may do.
 *
 * Called when the pod is made: props that change afterwards do not change the pod.
 */
export function openOf(
  scope: IConstruct,
  props: InjectedPodProps,
  name: string | undefined,
  more: Readonly<Record<string, unknown>> = {},
): (facts: ProgramFacts) => Readonly<Record<string, unknown>> {
  const volumes = (props.volumes ?? []).map(volumeBlock);
  const scratch = volumes.filter(isScratch).map(({ name: volume }) => volume);
  const fixed = copy({
    // A Service may select by each of these.
    name: name === scope.node.id ? undefined : name,
    labels: props.labels,
    annotations: props.annotations,
    // A controller or an admission policy of the cluster may act on each of these.
    objectLabels: props.objectLabels,
    objectAnnotations: props.objectAnnotations,
    rawPodSpec: props.rawPodSpec,
    ...more,
    // For how long a login outlives its app.
    agent: agentModeOf(props) === "native-sidecar" ? undefined : agentModeOf(props),
    injector: props.injector,
    // How an app learns of a new file opens nothing.
    secrets: props.secrets?.map(({ reload: _, ...secret }) => secret),
    volumes: volumes.filter((volume) => !isScratch(volume)),
    containers: opening(props.containers, scratch),
    initContainers: opening(props.initContainers ?? [], scratch),
    ...knownLater(props),
  });
  const vault = props.vault && vaultOf(props.vault);
  const credentials = (props.credentials ?? []).map((credential) => openOfCredential(credential));
  return (facts) => ({
    ...fixed,
    vault: isTheOnly(scope, props.vault, facts) ? undefined : vault,
    credentials: credentials.map((open) => open()).filter((open) => open !== undefined),
  });
}

/** Where the database is, as the file has it, is said by the entry of its secrets mount, if that is made by this program. */
function openOfCredential({ database, file, _ownWords: ownWords }: Credential): () => object | undefined {
  const place = (): object => copy({ endpoint: database.endpoint, ca: database.ca });
  const then = place();
  const said = Object.values(ownWords).some((word) => word !== undefined);
  return () => {
    const elsewhere = !isGrantedHere(database) || JSON.stringify(then) !== JSON.stringify(place());
    if (!elsewhere && !said) return undefined;
    return { file, ...ownWords, ...(elsewhere && { mount: database.mountPath, ...then }) };
  };
}

function vaultOf({ addressFromPods, tlsSecret }: IVault): object {
  return { addressFromPods, tlsSecret };
}

/** Where the program has one Vault server, there is no other that the workload could talk to. */
function isTheOnly(scope: IConstruct, vault: IVault | undefined, facts: ProgramFacts): boolean {
  const server = vault as (IVault & IConstruct) | undefined;
  if (!server || facts.vaultServers !== 1) return false;
  return isMarked(server, "VaultServer") && server.node.root === scope.node.root;
}

/** Where a pod runs, as far as that is known only when Terraform runs. */
function knownLater({
  nodeSelector,
  tolerations,
  affinity,
  priorityClassName,
  imagePullSecrets,
}: InjectedPodProps): Record<string, unknown> {
  const place = { nodeSelector, tolerations, affinity, priorityClassName, imagePullSecrets };
  return Object.fromEntries(Object.entries(place).filter(([, value]) => isKnownLater(value)));
}

/** An empty folder of the pod's own. */
function isScratch(volume: object): boolean {
  return Object.keys(volume).every((key) => key === "name" || key === "emptyDir");
}

/** What a container runs, how it is watched, and how much it takes: the graph has it. What is not named here is listed. */
const RUNS = new Set([
  "name",
  "image",
  "imagePullPolicy",
  "command",
  "args",
  "workingDir",
  "port",
  "resources",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
  "stdin",
  "stdinOnce",
  "tty",
  "terminationMessagePath",
  "terminationMessagePolicy",
]);

/** Parts of a security context that only narrow it, or that name the user inside of the container. */
const NARROW = new Set(["runAsUser", "runAsGroup", "readOnlyRootFilesystem"]);

/** Containers with something that opens more than their identity: mounts, values from elsewhere, privileges. */
function opening(containers: readonly Container[], scratch: readonly unknown[]): unknown[] {
  return containers.map(containerBlock).flatMap((container) => {
    const fields = Object.entries(container).map(([key, value]): [string, unknown] => {
      if (RUNS.has(key)) return [key, isKnownLater(value) ? value : undefined];
      if (key === "env" && Array.isArray(value))
        return [key, isKnownLater(value) ? value : some(value.filter(comesFromElsewhere))];
      if (key === "volumeMount" && Array.isArray(value))
        return [key, some(value.filter((mount: { name?: string }) => !scratch.includes(mount.name)))];
      if (key === "securityContext" && isPlain(value))
        return [key, Object.keys(value).every((part) => NARROW.has(part)) ? undefined : value];
      return [key, value];
    });
    const open = fields.filter(([, value]) => value !== undefined);
    return open.length === 0 ? [] : [{ name: container.name, ...Object.fromEntries(open) }];
  });
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(Object.getPrototypeOf(value)) === null;
}

/** A variable that is not plain text of the program: it may be a secret of the cluster. */
function comesFromElsewhere(variable: object): boolean {
  return Object.keys(variable).some((key) => key !== "name" && key !== "value");
}
