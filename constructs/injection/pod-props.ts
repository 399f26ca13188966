import type { Duration } from "../../access/model/duration";
import type { DemandNode, WorkloadKind, WorkloadNode } from "../../access/model/graph";
import type { AgentMode } from "../contracts/cluster";
import type { IWorkloadIdentity } from "../contracts/identity";
import type { IVault } from "../contracts/vault";
import type { InjectedSecret, InjectorOptions } from "./annotations";
import type { Credential } from "./credential";

/** What a pod is and what it gets, whoever makes it. */
export interface CredentialedPodProps {
  /** Who the pod is; its ServiceAccount and auth role. */
  readonly identity: IWorkloadIdentity;
  /** Logins that the pod gets as files. Never implied by a grant: a new file means a rollout. @default - none */
  readonly credentials?: Credential[];
  /** Secrets other than logins, for instance of a KV mount; a policy of the identity must allow them. @default - none */
  readonly secrets?: InjectedSecret[];
  /** Where the injected agent finds Vault. @default - what the injector was installed with */
  readonly vault?: IVault;
  /** How the agent runs. @default - as in all pods of the identity's cluster */
  readonly agent?: AgentMode;
  /** Annotations of the injector beyond the defaults. @default - none */
  readonly injector?: InjectorOptions;
  /** Annotations of the pod beyond the injector's. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Who makes the ServiceAccount. @default "create" */
  readonly serviceAccount?: "create" | "existing";
}

/** @internal What the kinds of workload differ in. */
export interface PodShape {
  readonly kind: WorkloadKind;
  /** What the access graph calls it, where the name in Kubernetes changes with what it runs. @default - the name */
  readonly graphName?: string;
  readonly name: string;
  readonly restartPolicy?: string;
  /** Volumes that its controller adds, by name. @default - none */
  readonly claims?: readonly string[];
  /** How long the app takes to end. @default - the pod ends by itself */
  readonly drain?: Duration;
  /** The app reads its files once, when it starts. @default false */
  readonly once?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  /** Pods that run at once; none of what never starts. @default - not known */
  readonly pods?: number;
  /** Pods that a rollout adds. @default 0 */
  readonly surge?: number;
  /** How long a rollout may take. @default - not said */
  readonly rollout?: Duration;
  /** When pods start and for how long they may run, in words. @default - at once, and without limit */
  readonly starts?: string;
  /** What another tool that deploys it must write into its pods, when all is known. @default - it is deployed here */
  readonly demands?: () => readonly DemandNode[];
  /** What its pods run, and where. @default - another tool deploys it */
  readonly runs?: Pick<WorkloadNode, "containers" | "placement">;
}
