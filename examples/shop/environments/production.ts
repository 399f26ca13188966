import { S3Backend } from "cdktf";
import { readFileSync } from "node:fs";
import { Seal, VaultMode } from "../../../constructs";
import { Environment } from "../../../stacks/environment";

/**
 * A production cluster: three Vault servers sealed by a KMS, TLS everywhere, remote state. The names below are examples:
 * put yours, or read them as this file reads the CA.
 */
export const production: Environment = {
  name: "production",
  guardrails: "production",
  cluster: { configContext: "production" },
  vault: {
    mode: VaultMode.ha({
      tlsSecret: "vault-tls",
      seal: Seal.awsKms({ region: "eu-central-1", keyId: "alias/example-vault" }),
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
  },
  replicas: 3,
  backend: (stack) => {
    const backend = new S3Backend(stack, {
      bucket: "example-terraform-state",
      key: `leasehold/${stack.node.id}.tfstate`,
      region: "eu-central-1",
      encrypt: true,
    });
    // The class of cdktf 0.21 does not know it (hashicorp/terraform-cdk#3933); without it two applies run at once.
    backend.addOverride("use_lockfile", true);
  },
};
