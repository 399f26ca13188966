import { VaultMode } from "leasehold";
import { ClusterAccess, Environment, StateBackend } from "leasehold/stacks";

/** A local cluster such as kind or k3d: Vault in dev mode, no TLS, state beside the program. Never for data that matters. */
export const environment: Environment = {
  name: "sandbox",
  guardrails: "sandbox",
  cluster: ClusterAccess.kubeconfig(),
  vault: { mode: VaultMode.dev(), addressFromTerraform: "http://127.0.0.1:8200" },
  postgres: { fromTerraform: { host: "127.0.0.1", port: 5432 }, storage: "1Gi" },
  backend: StateBackend.local(),
};
