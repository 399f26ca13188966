import { VaultMode } from "../../../constructs";
import { ClusterAccess, Environment, StateBackend } from "../../../stacks";

/** A local cluster such as kind or k3d: Vault in dev mode, no TLS, state beside the program. */
export const sandbox: Environment = {
  name: "sandbox",
  guardrails: "sandbox",
  cluster: ClusterAccess.kubeconfig(),
  vault: { mode: VaultMode.dev(), addressFromTerraform: "http://127.0.0.1:8200" },
  postgres: { fromTerraform: { host: "127.0.0.1", port: 5432 }, storage: "1Gi" },
  replicas: 2,
  backend: StateBackend.local(),
};
