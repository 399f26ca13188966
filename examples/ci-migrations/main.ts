import { App } from "cdktf";
import { VaultMode } from "leasehold";
import { ClusterAccess, StateBackend, VaultLogin } from "leasehold/stacks";
import { program } from "./program";

// The pipeline says which image. Without one, as on a developer's machine, the last that was deployed would be a guess.
const image = process.env.MIGRATIONS_IMAGE;
if (!image) throw new Error("MIGRATIONS_IMAGE is not set: name the image of the migrations with its digest");

const app = new App();
program(
  app,
  {
    name: "ci",
    guardrails: "sandbox",
    cluster: ClusterAccess.kubeconfig(),
    // The pipeline logs in to Vault with its own identity token: docs/deployer.md makes the role.
    vault: {
      mode: VaultMode.dev(),
      addressFromTerraform: "https://vault.example.com:8200",
      login: VaultLogin.jwt("deployer", "jwt-github"),
    },
    postgres: {},
    backend: StateBackend.local(),
  },
  image,
);
app.synth();
