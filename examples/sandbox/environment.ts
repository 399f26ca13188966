import { LocalBackend } from "cdktf";
import { VaultMode } from "leasehold";
import { Environment } from "leasehold/stacks";

/** A local cluster such as kind or k3d: Vault in dev mode, no TLS, state beside the program. Never for data that matters. */
export const environment: Environment = {
  name: "sandbox",
  guardrails: "sandbox",
  cluster: {},
  vault: { mode: VaultMode.dev(), addressFromTerraform: "http://127.0.0.1:8200" },
  postgres: { fromTerraform: { host: "127.0.0.1", port: 5432 }, storage: "1Gi" },
  backend: (stack) => void new LocalBackend(stack, { path: `../../../terraform.${stack.node.id}.tfstate` }),
};
