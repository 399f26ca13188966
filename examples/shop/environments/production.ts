import { readFileSync } from "node:fs";
import { Seal, VaultMode } from "../../../constructs";
import { ClusterAccess, Environment, StateBackend } from "../../../stacks";

/**
 * A production cluster: three Vault servers sealed by a KMS, TLS everywhere, remote state. The names below are examples:
 * put yours, or read them as this file reads the CA.
 */
export const production: Environment = {
  name: "production",
  guardrails: "production",
  cluster: ClusterAccess.kubeconfig({ context: "production" }),
  vault: {
    mode: VaultMode.ha({
      tlsSecret: "vault-tls",
      seal: Seal.awsKms({ region: "eu-central-1", keyId: "alias/example-vault" }),
      // That of the ingress controller belongs here as well, where Terraform comes through one.
      allowFromNamespaces: ["bi", "data", "legacy", "shop"],
    }),
    addressFromTerraform: "https://vault.example.com:8200",
    auditFile: "/vault/audit/audit.log",
  },
  postgres: {
    tlsSecret: "postgres-tls",
    ca: process.env.LEASEHOLD_POSTGRES_CA ? readFileSync(process.env.LEASEHOLD_POSTGRES_CA, "utf8") : undefined,
    caFile: process.env.LEASEHOLD_POSTGRES_CA,
    fromTerraform: { host: "postgres.example.com", port: 5432 },
    storage: "100Gi",
    allowFromNamespaces: ["bi", "shop", "vault"],
  },
  replicas: 3,
  backend: StateBackend.s3({ bucket: "example-terraform-state", region: "eu-central-1" }),
};
