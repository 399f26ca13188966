import { LocalBackend } from "cdktf";
import { VaultMode } from "leasehold";
import { Environment } from "leasehold/stacks";

/** Where things are. Change every address; no secret stands here: Vault's token comes from VAULT_TOKEN. */
export const environment: Environment = {
  name: "existing",
  // Say "production" once the addresses are yours: what is fit for a sandbox only is then refused at synthesis.
  guardrails: "sandbox",
  cluster: { configPath: "~/.kube/config" },
  // No Vault is installed by this program: the mode is not used.
  vault: { mode: VaultMode.dev(), addressFromTerraform: "https://vault.example.com:8200" },
  postgres: {},
  // Any backend of Terraform, such as S3Backend of cdktf. Every stack needs a state of its own.
  backend: (stack) => void new LocalBackend(stack, { path: `../../../terraform.${stack.node.id}.tfstate` }),
};

/** The server as pods see it, and as Vault and Terraform do where they see another address. */
export const server = { host: "db.example.com", port: 5432 };
