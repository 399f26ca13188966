import { IConstruct } from "constructs";

/**
 * How the Vault agent runs in a pod.
 *
 * - `"native-sidecar"`: one agent, which the kubelet starts before the app's containers and ends after them. A pod has one login,
 *   which is revoked when its app has ended; a Job completes, and its login ends with it. It needs Kubernetes 1.29 or newer: on
 *   an older one the pod never starts.
 * - `"init-and-sidecar"`: an init container that writes the files, and a second agent beside the app, which share a login through
 *   a cache. The login ends after a fixed time, also if the app ended before. A Job has the init container only, and its login
 *   lives on until its lease ends.
 */
export type AgentMode = "native-sidecar" | "init-and-sidecar";

/**
 * @internal For how many seconds the token is valid that the agent shows to Vault. The kubelet replaces it before.
 * Where Vault does not ask the API server, the token works until it ends, also when its pod is gone. So there it is as
 * short as Kubernetes allows.
 */
export function podTokenSeconds({ issuer }: IKubernetesAuth): number {
  return issuer === undefined ? 3600 : 600;
}

/** @internal Seconds by which the clocks of Vault and of the API server may differ, where Vault itself checks when a token ends. */
export const CLOCK_SKEW_SECONDS = 60;

/** A Kubernetes cluster whose ServiceAccounts log in to Vault. */
export interface IKubernetesAuth extends IConstruct {
  /** The cluster's name within Leasehold; part of every name that is made for its workloads. */
  readonly clusterName: string;
  /** Path of its auth method, without `auth/`. */
  readonly authPath: string;
  /** Audience of the tokens that its workloads show to Vault. */
  readonly audience: string;
  /** How the agent runs in its pods; a cluster before Kubernetes 1.29 needs "init-and-sidecar". @default "native-sidecar" */
  readonly agent?: AgentMode;
  /** Whether workloads review their own tokens, for which each ServiceAccount is bound to `system:auth-delegator`. @default false */
  readonly clientReviewsItself?: boolean;
  /** Issuer of the cluster's tokens, where Vault checks them by the issuer's keys. @default - Vault asks the API server */
  readonly issuer?: string;
}
