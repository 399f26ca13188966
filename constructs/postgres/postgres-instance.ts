import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import type { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import type { StatefulSetV1SpecTemplate } from "@cdktf/provider-kubernetes/lib/stateful-set-v1";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import { adminEntry, firstPasswordPolicyName } from "../../access/model/names";
import { VaultPath, VaultPolicy } from "../vault/vault-policy";
import { WorkloadIdentity } from "../identity/workload-identity";
import { waitFor } from "../injection/delivery";
import { InjectedPod, injectedPod } from "../injection/pod";
import { mark } from "../private/guards";
import { explained, setting } from "../private/origin";
import { dependOn, literal } from "../private/terraform";
import { BootstrapPassword } from "../vault/bootstrap-password";
import { DNS_RULE, egressOf, urlRule } from "../vault/network-target";
import { Address, AdminCredential, IPostgresInstance, PostgresEndpoint, SslMode } from "../contracts/postgres";
import { initSql, templateScript } from "./init-sql";
import { PostgresInstanceAttributes, PostgresInstanceProps } from "./postgres-instance-props";
import { checkPodTexts, checkServer } from "./server-checks";
import { PASSWORD_FILE, finishedScript, serverPod } from "./server-pod";
import { checkedOptions, madeIn } from "../private/options";
import { large } from "../private/large-classes";
import { untraced } from "../private/source-line";

/** Enough for three Deployments as they come. */
const MAX_CONNECTIONS = 200;

/**
 * A PostgreSQL server in the cluster: the official image in a StatefulSet of one.
 *
 * Its first password is generated into Vault and reaches the pod through the injector: it is in no Kubernetes Secret and in no
 * state. The first start makes Terraform's admin login (CREATEROLE, CREATEDB, pg_signal_backend, no superuser). It takes CONNECT
 * and TEMPORARY from PUBLIC. It removes the superuser's password, so the superuser logs in only from inside the pod.
 */
export class PostgresInstance extends Construct implements IPostgresInstance {
  /** A server that exists already; nothing is created. */
  static fromEndpoint(scope: Construct, id: string, given: PostgresInstanceAttributes): IPostgresInstance {
    madeIn(scope, id, PostgresInstance);
    const attributes = checkedOptions(scope, "PostgresInstanceAttributes", given, id);
    class Existing extends Construct implements IPostgresInstance {
      readonly instanceName = attributes.instanceName ?? id;
      readonly endpoint = attributes.endpoint;
      readonly admin = attributes.admin;
      readonly majorVersion = attributes.majorVersion;
      readonly sslMode = attributes.sslMode ?? "verify-full";
      readonly ca = attributes.ca;
      readonly caFile = attributes.caFile;
      readonly maxConnections = attributes.maxConnections;
      readonly reservedConnections = attributes.reservedConnections;
    }
    const existing = new Existing(scope, id);
    checkServer(existing, false);
    return existing;
  }

  readonly instanceName: string;
  readonly endpoint: PostgresEndpoint;
  readonly admin: AdminCredential;
  readonly majorVersion: number;
  readonly sslMode: SslMode;
  readonly ca?: string;
  readonly caFile?: string;
  readonly maxConnections?: number;
  readonly reservedConnections?: number;
  /**
   * The L1, a `StatefulSetV1` of the Kubernetes provider. Cast it where you need its own fields: its declarations are long, and a program
   * that does not name the class compiles without them.
   */
  readonly resource: TerraformResource;
  /** The Service that leads to it. */
  readonly service: ServiceV1;
  /** The entry of the admin's password. Its version never rises: that would lock Terraform out. */
  readonly password: BootstrapPassword;
  /** Who the server's pod is. */
  readonly identity: WorkloadIdentity;
  /** @internal The only namespaces whose pods may connect. @default - all */
  readonly _letsIn?: readonly string[];

  constructor(scope: Construct, id: string, given: PostgresInstanceProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "PostgresInstanceProps", given);
    mark(this, "PostgresInstance");
    const name = props.instanceName ?? id;
    this.instanceName = name;
    this.majorVersion = props.majorVersion ?? 18;
    this.sslMode = props.sslMode ?? (props.tlsSecret ? "verify-full" : "disable");
    this.ca = props.ca;
    this.caFile = props.caFile;
    this.maxConnections = props.maxConnections ?? MAX_CONNECTIONS;
    this.reservedConnections = props.reservedConnections;
    this.endpoint = endpointOf(name, props);
    this.admin = AdminCredential.fromKv(adminEntry(name), { mount: props.kvMount });
    checkServer(this, true);
    checkPodTexts(this, props);

    const { mount, path, username } = this.admin;
    this.password = new BootstrapPassword(this, "Password", { mount, path, username, version: 1 });
    const policy = this.makePolicy();
    this.identity = new WorkloadIdentity(this, "Identity", {
      cluster: props.cluster,
      namespace: props.namespace,
      serviceAccountName: name,
      policies: [policy],
      // Its agent reads one entry and ends. A token of an hour would be left behind at every start of the pod.
      tokenMaxTtl: Duration.minutes(5),
    });
    const init = setting(this.makeInit(props.tlsSecret !== undefined && this.sslMode !== "disable"));
    const pod = this.makePod(props, init);
    // All of it follows from the server's name and namespace.
    this.service = explained(untraced(() => this.makeService(name)));
    this.resource = setting(untraced(() => this.makeStatefulSet(props, pod)));
    waitFor(this.resource, pod.needs);
    dependOn(this.resource, init, this.service, this.password.entry, this.identity.resource, policy.resource);
    this._letsIn = props.allowFromNamespaces;
    if (props.allowFromNamespaces) this.isolate(props.allowFromNamespaces, props);
  }

  private get labels(): Record<string, string> {
    return { "app.kubernetes.io/name": this.instanceName };
  }

  /** Metadata of an object in the server's namespace, with the server's labels. */
  private metadata(name: string): { name: string; namespace: string; labels: Record<string, string> } {
    return { name: literal(name), namespace: this.identity.key.namespace, labels: this.labels };
  }

  /** Where Vault has the first password. */
  private get passwordPath(): string {
    return `${this.admin.mount}/data/${this.admin.path}`;
  }

  private makePolicy(): VaultPolicy {
    return new VaultPolicy(this, "Policy", {
      policyName: firstPasswordPolicyName(this.instanceName),
      rules: [
        {
          path: VaultPath.exact(this.passwordPath),
          capabilities: ["read"],
          description: `first password of the PostgreSQL server ${this.instanceName}`,
        },
      ],
    });
  }

  /** What runs at the server's first start. */
  private makeInit(onlyTls: boolean): ConfigMapV1 {
    return new ConfigMapV1(this, "Init", {
      metadata: { name: `${this.instanceName}-init`, namespace: this.identity.key.namespace },
      data: {
        "05-template.sql": literal(templateScript(this.majorVersion)),
        "10-leasehold.sql": literal(initSql({ admin: this.admin.username, passwordFile: PASSWORD_FILE, onlyTls })),
        "99-finished.sql": literal(finishedScript(this.instanceName)),
      },
    });
  }

  /** The server's pod: its agent brings the first password, once. */
  private makePod(
    { vault, injector, image, resources, tlsSecret }: PostgresInstanceProps,
    init: ConfigMapV1,
  ): InjectedPod {
    const server = serverPod({
      majorVersion: this.majorVersion,
      image,
      maxConnections: this.maxConnections ?? MAX_CONNECTIONS,
      resources,
      tlsSecret,
      passwordPath: this.passwordPath,
      initConfigMap: init.metadata.name,
    });
    return injectedPod(
      this,
      { identity: this.identity, vault, injector, ...server },
      {
        kind: "StatefulSet",
        name: this.instanceName,
        once: true,
        terminationGracePeriodSeconds: 60,
        pods: 1,
        claims: ["data"],
      },
    );
  }

  private makeService(name: string): ServiceV1 {
    return new large.ServiceV1(this, "Service", {
      metadata: this.metadata(name),
      spec: { selector: this.labels, port: [{ name: "postgresql", port: 5432, targetPort: "postgresql" }] },
    });
  }

  private makeStatefulSet(props: PostgresInstanceProps, { template }: InjectedPod): TerraformResource {
    return new large.StatefulSetV1(this, "Resource", {
      metadata: this.metadata(this.instanceName),
      spec: {
        serviceName: literal(this.instanceName),
        replicas: "1",
        selector: { matchLabels: this.labels },
        template: {
          ...template,
          spec: { ...template.spec, securityContext: { ...template.spec.securityContext, fsGroup: "999" } },
        } as StatefulSetV1SpecTemplate,
        volumeClaimTemplate: [
          {
            metadata: { name: "data" },
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: props.storageClass === undefined ? undefined : literal(props.storageClass),
              resources: { requests: { storage: literal(props.storage ?? "10Gi") } },
            },
          },
        ],
      },
      waitForRollout: true,
    });
  }

  /** Who may connect to it, and that it connects to nothing but DNS and Vault, from which it has its first password. */
  private isolate(from: readonly string[], { vault, injector }: PostgresInstanceProps): void {
    // Where only the injector knows Vault's address, the chart's port is taken.
    const agentAsks = injector?.proxyAddress ?? vault?.addressFromPods ?? "http://vault:8200";
    const policy = new large.NetworkPolicyV1(this, "Ingress", {
      metadata: { name: literal(`${this.instanceName}-ingress`), namespace: this.identity.key.namespace },
      spec: {
        policyTypes: ["Ingress", "Egress"],
        podSelector: { matchLabels: this.labels },
        ingress: [
          {
            ports: [{ port: "5432", protocol: "TCP" }],
            from: from.map((name) => ({
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": literal(name) } },
            })),
          },
        ],
        egress: egressOf([DNS_RULE, urlRule(agentAsks)]),
      },
    });
    setting(policy);
  }
}

/** Where the server is found. Behind a pooler only pods go through it: Vault, Terraform and migrations go to the server itself. */
function endpointOf(name: string, props: PostgresInstanceProps): PostgresEndpoint {
  const { namespace, pooler, fromVault, fromTerraform, fromClusters } = props;
  const itself: Address = { host: `${name}.${namespace}.svc`, port: 5432 };
  return {
    ...(pooler ?? itself),
    fromVault: fromVault ?? (pooler && itself),
    fromTerraform: fromTerraform ?? (pooler && itself),
    fromClusters,
    ...(pooler && { fromMigrations: itself }),
  };
}
