import { TerraformStack } from "cdktf";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { PostgresqlProvider } from "@cdktf/provider-postgresql/lib/provider";
import { RandomProvider } from "@cdktf/provider-random/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { Construct } from "constructs";
import { CLUSTER_CONTEXT } from "../constructs/synthesis/clusters";
import { EphemeralResource, GUARDRAILS_CONTEXT, IPostgresInstance } from "../constructs";
import { plannerEntry } from "../access/model/names";
import { roleNameProblem, vaultNamespaceProblem } from "../access/model/rules";
import { addressFrom } from "../constructs/contracts/postgres";
import { explained, noteOverrides, setting } from "../constructs/private/origin";
import { noteLines } from "../constructs/private/lines";
import { reportPlaceholders } from "../constructs/private/placeholders";
import { checkAddress } from "../constructs/private/addresses";
import { checkCertificateFile } from "../constructs/private/certificates";
import { report } from "../constructs/private/findings";
import { literal } from "../constructs/private/terraform";
import { VAULT_NAMESPACE_CONTEXT } from "../constructs/private/vault-namespace";
import type { Environment } from "./environment";
import { checkedOptions, madeIn } from "../constructs/private/options";

/** The first version that has both write-only arguments and ephemeral values: without these, passwords would be in the state. */
export const REQUIRED_TERRAFORM = ">= 1.11.0";

/** What each stage needs. */
export interface LeaseholdStackProps {
  /** What differs between a sandbox and production. */
  readonly environment: Environment;
  /** Stacks to deploy before this one, beyond those that its constructs name. @default - none */
  readonly after?: TerraformStack[];
}

/**
 * A stage: a stack with its backend, the Terraform version it needs, and the providers it uses. Library constructs make
 * no providers; stages do.
 */
export abstract class LeaseholdStack extends TerraformStack {
  /** What differs between a sandbox and production. */
  protected readonly environment: Environment;

  constructor(scope: Construct, id: string, given: LeaseholdStackProps) {
    super(madeIn(scope, id, new.target), id);
    noteLines(this);
    const props = checkedOptions(this, "LeaseholdStackProps", given);
    this.environment = props.environment;
    this.node.setContext(GUARDRAILS_CONTEXT, props.environment.guardrails);
    const { vaultNamespace, addressFromTerraform, caCertFile } = props.environment.vault ?? {};
    checkCertificateFile(this, "`environment.vault.caCertFile`", caCertFile);
    checkAddress(this, "as Terraform sees it, Vault's address", addressFromTerraform);
    const problem = vaultNamespace === undefined ? undefined : vaultNamespaceProblem(vaultNamespace);
    if (problem)
      report(this, {
        code: "vault-namespace",
        message: `vaultNamespace ${JSON.stringify(vaultNamespace)} ${problem}`,
        fix: 'write it as "admin/shop"; leave it out for the root namespace',
      });
    this.node.setContext(VAULT_NAMESPACE_CONTEXT, vaultNamespace);
    if (props.environment.clusterName !== undefined)
      this.node.setContext(CLUSTER_CONTEXT, props.environment.clusterName);
    this.addOverride("terraform.required_version", REQUIRED_TERRAFORM);
    noteOverrides(this);
    props.environment.backend._applyTo(this);
    props.after?.forEach((stack) => this.addDependency(stack));
  }

  /** Gives the stack the provider of Vault. */
  protected useVault(): void {
    const { addressFromTerraform, caCertFile, login, vaultNamespace } = this.environment.vault;
    reportPlaceholders(this, ["as Terraform sees it, Vault's address", addressFromTerraform]);
    setting(
      new VaultProvider(this, "vault", {
        address: addressFromTerraform,
        caCertFile,
        namespace: vaultNamespace,
        ...login?._arguments,
      }),
    );
  }

  /** Ephemeral random passwords. */
  protected useRandom(): void {
    explained(new RandomProvider(this, "random"));
  }

  /** Gives the stack the provider of Kubernetes. */
  protected useKubernetes(): void {
    const { exec, host } = this.environment.cluster._config;
    reportPlaceholders(this, ["as Terraform sees it, the API server's address", host]);
    setting(new KubernetesProvider(this, "kubernetes", { ...this.environment.cluster._config, exec: exec && [exec] }));
  }

  /** Gives the stack the provider of Helm. */
  protected useHelm(): void {
    setting(new HelmProvider(this, "helm", { kubernetes: this.environment.cluster._config }));
  }

  /**
   * The server, connected to one database.
   *
   * @param maxConnections @default - the provider's; 1 would block it when it makes or drops a database, for which it takes two
   */
  protected usePostgres(instance: IPostgresInstance, database: string, maxConnections?: number): void {
    const { admin } = instance;
    const { planner } = this.environment.postgres;
    if (planner !== undefined) this.checkPlanner(planner, instance);
    const entry = new EphemeralResource(this, "AdminPassword", "vault_kv_secret_v2", {
      mount: literal(admin.mount),
      name: literal(planner === undefined ? admin.path : plannerEntry(admin.path)),
    });
    // The provider refers to the password, so the provider's digest covers this block.
    explained(entry);
    const { host, port } = addressFrom(instance.endpoint, "terraform");
    const provider = new PostgresqlProvider(this, "postgresql", {
      host: literal(host),
      port,
      database: literal(database),
      username: literal(planner ?? admin.username),
      password: entry.reference("data.password"),
      sslmode: instance.sslMode,
      sslrootcert: instance.caFile === undefined ? undefined : literal(instance.caFile),
      superuser: false,
      maxConnections,
      connectTimeout: 15,
      expectedVersion: `${instance.majorVersion}.0`,
    });
    setting(provider);
  }

  private checkPlanner(planner: string, { instanceName, admin }: IPostgresInstance): void {
    const problem =
      roleNameProblem(planner) ?? (planner === admin.username ? `is the admin of ${instanceName}` : undefined);
    if (problem)
      report(this, {
        code: "instance",
        message: `planner ${JSON.stringify(planner)} ${problem}`,
        fix: "name a login of its own, such as leasehold_planner; leave it out to log in as the admin",
      });
  }
}
