import { VaultMode } from "leasehold";
import { ClusterAccess, Environment, StateBackend } from "leasehold/stacks";

/** What both teams have in common: one cluster, one Vault. Each repository has a copy, or a small package holds it. */
export const environment: Environment = {
  name: "teams",
  // Say "production" once the addresses are yours: what is fit for a sandbox only is then refused at synthesis.
  guardrails: "sandbox",
  cluster: ClusterAccess.kubeconfig(),
  // No Vault is installed by these programs: the mode is not used.
  vault: { mode: VaultMode.dev(), addressFromTerraform: "https://vault.example.com:8200" },
  postgres: {},
  backend: StateBackend.local(),
};

/** The server as pods see it, and as Vault and Terraform do where they see another address. */
export const SERVER = { host: "db.example.com", port: 5432 };
