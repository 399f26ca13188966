import { App } from "cdktf";
import { VaultMode } from "leasehold";
import { ClusterAccess, StateBackend } from "leasehold/stacks";
import { program } from "./program";

const app = new App();
program(app, {
  name: "import",
  guardrails: "sandbox",
  cluster: ClusterAccess.kubeconfig(),
  // No Vault is installed by this program: the mode is not used.
  vault: { mode: VaultMode.dev(), addressFromTerraform: "https://vault.example.com:8200" },
  postgres: {},
  backend: StateBackend.local(),
});
app.synth();
