import { Address, VaultMode } from "../constructs";
import { ClusterAccess } from "./cluster-access";
import { StateBackend } from "./state-backend";
import { VaultLogin } from "./vault-login";

/** Everything that differs between a sandbox and production, as one typed value. */
export interface Environment {
  /** Name of the environment, as people call it. */
  readonly name: string;
  /** `production` refuses at synthesis what is fit for a sandbox only: TLS off, Vault in dev mode. */
  readonly guardrails: "sandbox" | "production";
  /** How Terraform reaches the cluster. */
  readonly cluster: ClusterAccess;
  /**
   * Name of that cluster's KubernetesAuth. A workload of another cluster is then refused in stacks of this environment.
   *
   * @default - refused are workloads beside those of another cluster
   */
  readonly clusterName?: string;
  /** Vault in this environment. */
  readonly vault: VaultEnvironment;
  /** PostgreSQL there. */
  readonly postgres: PostgresEnvironment;
  /** How many pods each workload runs. The program must pass the number on. @default 2 */
  readonly replicas?: number;
  /** Where the state is kept. Always said, since cdktf's default writes an absolute path into the JSON. */
  readonly backend: StateBackend;
}

/** Vault as an environment has it. */
export interface VaultEnvironment {
  /** How Vault is run. */
  readonly mode: VaultMode;
  /** Address at which the machine that runs Terraform reaches it. */
  readonly addressFromTerraform: string;
  /**
   * Namespace of Vault Enterprise or HCP that everything is in, such as "admin/shop": Terraform's, the agents', and that of
   * `leasehold doctor`. It exists already. A login by `VaultLogin` is to an auth method in it.
   *
   * @default - the root namespace
   */
  readonly vaultNamespace?: string;
  /** How Terraform logs in. @default - the token of VAULT_TOKEN */
  readonly login?: VaultLogin;
  /** File with Vault's CA on that machine. @default - its trust store */
  readonly caCertFile?: string;
  /** Chart folder or archive, where the repository cannot be reached. @default - the repository */
  readonly chart?: string;
  /** Audit to a file, and to the server's log besides. @default - none */
  readonly auditFile?: string;
}

/** PostgreSQL as an environment has it. */
export interface PostgresEnvironment {
  /** Secret with the server's TLS certificate, in its namespace. @default - no TLS */
  readonly tlsSecret?: string;
  /** CA of the server's certificate, PEM. Pods get it with their credential. @default - what the pods' images trust */
  readonly ca?: string;
  /** File with that CA on the machine that runs Terraform. @default - that machine's trust store */
  readonly caFile?: string;
  /** Address at which the machine that runs Terraform reaches it: a port-forward, a load balancer. @default - as pods do */
  readonly fromTerraform?: Address;
  /** Namespaces whose pods may connect, Vault's among them: others are refused by a NetworkPolicy. @default - all may */
  readonly allowFromNamespaces?: string[];
  /**
   * Login that Terraform uses instead of the admin of each server, such as "leasehold_planner". It reads catalogs and changes
   * nothing. So the program can be planned, and not applied. `leasehold deployer --postgres --plan-only` prints how to make it.
   * Its password is in an entry of Vault beside the admin's; the path of this entry ends in `-planner`.
   *
   * @default - the admin
   */
  readonly planner?: string;
  /** Size of the server's volume, as Kubernetes writes it. @default - as PostgresInstance says */
  readonly storage?: string;
}
