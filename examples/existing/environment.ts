import { VaultMode } from "leasehold";
import { ClusterAccess, Environment, StateBackend } from "leasehold/stacks";

/** Where things are. Change every address; no secret stands here: Vault's token comes from VAULT_TOKEN. */
export const environment: Environment = {
  name: "existing",
  // Say "production" once the addresses are yours: what is fit for a sandbox only is then refused at synthesis.
  guardrails: "sandbox",
  cluster: ClusterAccess.kubeconfig(),
  // No Vault is installed by this program: the mode is not used.
  vault: { mode: VaultMode.dev(), addressFromTerraform: "https://vault.example.com:8200" },
  postgres: {},
  // Choose one that your team shares before the first deployment: StateBackend has them.
  backend: StateBackend.local(),
};

/** The server as pods see it, and as Vault and Terraform do where they see another address. */
export const server = { host: "db.example.com", port: 5432 };
