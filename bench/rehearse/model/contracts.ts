/** What a rehearsal is given and what it reports. */
import type { RehearsalState } from "./state";
import type { JsonObject } from "./values";

export interface HttpOptions {
  contentType?: string;
  query?: Record<string, string>;
  token?: string;
}

/** A Kubernetes API server. */
export interface RehearsalCluster {
  request(method: string, path: string, body?: unknown, opts?: HttpOptions): Promise<unknown>;
}

/** Where the servers are. */
export interface RehearsalServers {
  vault: { address: string; token: string };
  kubernetes: RehearsalCluster;
  /** The API server behind a kubernetes provider, by its arguments; without one, or where it says none, `kubernetes`. */
  clusterOf?: (provider: JsonObject) => RehearsalCluster | undefined;
  /** From the endpoint a postgresql provider names to where that server is on this machine. */
  postgres: (endpoint: { host: string; port: number }) => { host: string; port: number };
}

export interface HelmRelease {
  name: string;
  namespace: string;
  chart: string;
  repository?: string;
  version?: string;
  /** Parsed, in the order in which Helm merges them. */
  values: JsonObject[];
  set: { name: string; value: string }[];
}

export interface ProgressEvent {
  stack: string;
  address: string;
  action: Action;
  phase: "start" | "done";
  /** Arguments that made the difference, at the start of an update or a replacement. */
  because?: string[];
}

/** Parts that no API server plays: the caller does, and says so. */
export interface RehearsalHooks {
  onHelmRelease(release: HelmRelease): Promise<void>;
  onHelmUninstall?(release: { name: string; namespace: string }): Promise<void>;
  /**
   * Plays the controller of namespaces, where none runs. Called when the API server has taken the namespace: time for its default
   * ServiceAccount. A namespace that is deleted goes as it is, without a wait for a controller that empties it.
   */
  onNamespace?(manifest: JsonObject, cluster: RehearsalCluster): Promise<void>;
  onStatefulSet?(manifest: JsonObject, cluster: RehearsalCluster): Promise<void>;
  onDeployment?(manifest: JsonObject, cluster: RehearsalCluster): Promise<void>;
  /** Called when the API server has taken the object; resolves when the Job is complete. */
  onJob?(manifest: JsonObject, cluster: RehearsalCluster): Promise<void>;
  progress?(event: ProgressEvent): void;
}

export interface RehearsalOptions {
  /**
   * What a Vault inside the cluster reads from its own disk: the CA and the token it reviews with. Filled in for
   * vault_kubernetes_auth_backend_config where the program leaves both out, because a bench's Vault runs outside.
   */
  vaultPod?: { caPem: string; reviewerJwt: string };
  /** State of an earlier rehearsal; changed in place. */
  state?: RehearsalState;
  /** Whether an apply reads first what is there, as a plan does. @default true */
  refresh?: boolean;
}

export type Action = "open" | "create" | "adopt" | "update" | "replace" | "unchanged" | "destroy" | "forget";

export interface Step {
  stack: string;
  address: string;
  action: Action;
  /** Arguments that made the difference, for update and replace. */
  because?: string[];
  /** What the real provider would have waited for and nobody did here. */
  notes?: string[];
}
export interface ApplyReport {
  steps: Step[];
  /** Outputs not marked sensitive, by stack. */
  outputs: Record<string, JsonObject>;
}
export interface DestroyReport {
  steps: Step[];
}
