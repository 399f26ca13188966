import { App, TerraformStack } from "cdktf";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { PostgresqlProvider } from "@cdktf/provider-postgresql/lib/provider";
import { DatabaseSecretBackendRole } from "@cdktf/provider-vault/lib/database-secret-backend-role";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";

/** The same ten resources a workload with the classes of the providers, as somebody would write them who has no library. */
export function byHand(app: App, count: number): void {
  const config = new TerraformStack(app, "who");
  new VaultProvider(config, "vault", { address: "http://localhost:8200" });
  const access = new TerraformStack(app, "access");
  new VaultProvider(access, "vault", { address: "http://localhost:8200" });
  new PostgresqlProvider(access, "postgresql", { host: "main.example.com" });
  const workloads = new TerraformStack(app, "workloads");
  new KubernetesProvider(workloads, "kubernetes", { configPath: "~/.kube/config" });
  let last: Grant | undefined;
  for (let i = 0; i < count; i++) {
    const name = `w${i}`;
    const path = `database/main/shop/creds/eu.shop.${name}`;
    const policyName = `leasehold_eu_shop_${name}_database.main.shop`;
    new KubernetesAuthBackendRole(config, name, {
      backend: "kubernetes-eu",
      roleName: `shop.${name}`,
      boundServiceAccountNames: [name],
      boundServiceAccountNamespaces: ["shop"],
      audience: "vault",
      tokenTtl: 3600,
      tokenMaxTtl: 86400,
      tokenPolicies: [policyName],
    });
    const group = new Role(access, `${name} group`, { name: `eu_shop_${name}_shop`, login: false });
    const revocation = ["SELECT lease.close('{{name}}')", "COMMIT AND CHAIN", "SELECT lease.revoke('{{name}}')"];
    new DatabaseSecretBackendRole(access, `${name} role`, {
      backend: "database/main/shop",
      name: `eu.shop.${name}`,
      dbName: "postgresql",
      creationStatements: [`SELECT lease.issue('{{name}}', '{{password}}', '{{expiration}}', 'eu_shop_${name}_shop')`],
      renewStatements: ["SELECT lease.renew('{{name}}', '{{expiration}}')"],
      revocationStatements: revocation,
      rollbackStatements: revocation,
      defaultTtl: 3600,
      maxTtl: 86400,
    });
    new Policy(access, `${name} policy`, {
      name: policyName,
      policy: `path "${path}" {\n  capabilities = ["read"]\n}\n`,
    });
    const grant = (id: string, objectType: string, privileges: string[], object?: string): void => {
      last = new Grant(access, `${name} ${id}`, {
        database: "shop",
        role: group.name,
        objectType,
        privileges,
        ...(objectType !== "database" && { schema: "sales" }),
        ...(object && { objects: [object] }),
        dependsOn: last ? [last] : [],
      });
    };
    grant("database", "database", ["CONNECT"]);
    grant("schema", "schema", ["USAGE"]);
    grant("read", "table", ["SELECT"], `t${i % 50}`);
    grant("write", "table", ["DELETE", "INSERT", "SELECT", "UPDATE"], `u${i % 50}`);
    const account = new ServiceAccountV1(workloads, `${name} account`, {
      metadata: { name, namespace: "shop" },
      automountServiceAccountToken: false,
    });
    const patch = JSON.stringify([
      {
        op: "add",
        path: "/volumeMounts/-",
        value: { name: "vault-token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
      },
    ]);
    const labels = { "app.kubernetes.io/name": name };
    const vault = (key: string): string => `vault.hashicorp.com/${key}`;
    new DeploymentV1(workloads, name, {
      dependsOn: [account],
      metadata: { name, namespace: "shop", labels },
      spec: {
        replicas: "2",
        selector: { matchLabels: labels },
        template: {
          metadata: {
            labels,
            annotations: {
              [vault("agent-cache-enable")]: "true",
              [vault("agent-cache-use-auto-auth-token")]: "false",
              [vault("agent-init-first")]: "true",
              [vault("agent-init-json-patch")]: patch,
              [vault("agent-json-patch")]: patch,
              [vault("agent-inject")]: "true",
              [vault("agent-inject-secret-shop")]: path,
              [vault("agent-inject-template-shop")]:
                `{{- with secret "${path}" -}}postgresql://{{ .Data.username }}:{{ .Data.password }}@main.example.com:5432/shop{{- end -}}`,
              [vault("agent-revoke-grace")]: "25",
              [vault("agent-revoke-on-shutdown")]: "true",
              [vault("agent-service-account-token-volume-name")]: "vault-token",
              [vault("role")]: `shop.${name}`,
              [vault("auth-path")]: "auth/kubernetes-eu",
            },
          },
          spec: {
            serviceAccountName: account.metadata.name,
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 35,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
            container: [
              {
                name: "app",
                image: "registry.example.com/app:1.0.0",
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              },
            ],
            volume: [
              {
                name: "vault-token",
                projected: [
                  {
                    sources: [{ serviceAccountToken: { audience: "vault", expirationSeconds: 3600, path: "token" } }],
                  },
                ],
              },
            ],
          },
        },
      },
      waitForRollout: true,
    });
  }
}
