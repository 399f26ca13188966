import { Address, VaultMode } from "../constructs";
import { ClusterAccess } from "./cluster-access";
import { StateBackend } from "./state-backend";
import { VaultLogin } from "./vault-login";

/** Everything that differs between a sandbox and production, as one typed value. */
export interface Environment {
  readonly name: string;
  /** `production` refuses at synthesis what is fit for a sandbox only: TLS off, Vault in dev mode. */
  readonly guardrails: "sandbox" | "production";
  readonly cluster: ClusterAccess;
  readonly vault: VaultEnvironment;
  readonly postgres: PostgresEnvironment;
  /** @default 2 */
  readonly replicas?: number;
  /** Where the state is kept. Always said, since cdktf's default writes an absolute path into the JSON. */
  readonly backend: StateBackend;
}

/** Vault as an environment has it. */
export interface VaultEnvironment {
  readonly mode: VaultMode;
  /** As the machine reaches it that runs Terraform. */
  readonly addressFromTerraform: string;
  /** @default - the token of VAULT_TOKEN */
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
  readonly ca?: string;
  readonly caFile?: string;
  /** As the machine reaches it that runs Terraform: a port-forward, a load balancer. @default - as pods do */
  readonly fromTerraform?: Address;
  readonly storage?: string;
}
