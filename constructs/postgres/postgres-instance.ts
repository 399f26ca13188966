import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { StatefulSetV1 } from "@cdktf/provider-kubernetes/lib/stateful-set-v1";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import { adminEntry, firstPasswordPolicyName } from "../../access/model/names";
import { VaultPath, VaultPolicy } from "../vault/vault-policy";
import { WorkloadIdentity } from "../identity/workload-identity";
import type { ContainerResources } from "../injection/container";
import { InjectorOptions } from "../injection/annotations";
import { waitFor } from "../injection/delivery";
import { InjectedPod, injectedPod } from "../injection/pod";
import { explained, setting } from "../private/origin";
import { dependOn, literal } from "../private/terraform";
import { BootstrapPassword } from "../vault/bootstrap-password";
import { DNS_RULE, egressOf, urlRule } from "../vault/network-target";
import { Address, AdminCredential, IPostgresInstance, PostgresEndpoint, SslMode } from "../contracts/postgres";
import { initSql, templateScript } from "./init-sql";
import { checkPod, checkServer } from "./server-checks";
import { PASSWORD_FILE, finishedScript, serverPod } from "./server-pod";
import { IKubernetesAuth } from "../contracts/cluster";
import { IVault } from "../contracts/vault";
import { checkedOptions, madeIn } from "../private/options";

/** A server that exists already: managed, or run by an operator such as CloudNativePG. */
export interface PostgresInstanceAttributes {
  /** Its name within Leasehold: part of mount paths and KV entries. @default - the construct's id */
  readonly instanceName?: string;
  /** The server's addresses for pods, for Vault and for Terraform. */
  readonly endpoint: PostgresEndpoint;
  /**
   * The login that Terraform uses: CREATEROLE, CREATEDB, a member of pg_signal_backend; no superuser. The server's owner must run
   * `ALTER ROLE … SET search_path = pg_catalog`. The provider writes operators without a schema; without this setting an operator
   * that a migration makes in `public` could run as this login. With `SET lock_timeout = '30s'` no session can make it wait for
   * ever. On PostgreSQL 14 it must also take CREATE on `public` from PUBLIC, in `template0`: see docs/security.md.
   */
  readonly admin: AdminCredential;
  /** 14 to 18. */
  readonly majorVersion: number;
  /** How those who connect check the server. @default "verify-full" */
  readonly sslMode?: SslMode;
  /** CA of the server's certificate, PEM. @default - the trust store of who connects */
  readonly ca?: string;
  /** File with that CA on the machine that runs Terraform. @default - that machine's trust store */
  readonly caFile?: string;
  /** `max_connections` of the server, against which the connections of workloads are counted. @default - not known, and not counted */
  readonly maxConnections?: number;
  /**
   * Of these, connections that are kept for others: superusers (3, as PostgreSQL has it), Terraform while it applies, monitoring, people.
   *
   * @default 10
   */
  readonly reservedConnections?: number;
}

/** Options of a server that is made. */
export interface PostgresInstanceProps {
  /** Its name within Leasehold: part of mount paths and KV entries. @default - the construct's id */
  readonly instanceName?: string;
  /** The cluster it runs in, for its pod's login to Vault. */
  readonly cluster: IKubernetesAuth;
  /** Namespace of its pod. It must be one that the injector serves. */
  readonly namespace: string;
  /** Major version of PostgreSQL, 14 to 18. @default 18 */
  readonly majorVersion?: 14 | 15 | 16 | 17 | 18;
  /**
   * The server's image. It must run the scripts of /docker-entrypoint-initdb.d at its first start, as the official one does.
   * @default `postgres:<majorVersion>`, the official image
   */
  readonly image?: string;
  /** Size of the volume. @default "10Gi" */
  readonly storage?: string;
  /** Class of its volume. @default - the cluster's default class */
  readonly storageClass?: string;
  /** Secret of type kubernetes.io/tls with the server's certificate, in its namespace. @default - no TLS: for sandboxes */
  readonly tlsSecret?: string;
  /** CA of that certificate, PEM. @default - none */
  readonly ca?: string;
  /** File with that CA on the machine that runs Terraform. @default - that machine's trust store */
  readonly caFile?: string;
  /** How those who connect check the server. @default - verify-full with a `tlsSecret`, else disable */
  readonly sslMode?: SslMode;
  /** Address at which Vault reaches it. @default - as pods do */
  readonly fromVault?: Address;
  /** Address at which the machine that runs Terraform reaches it. @default - as pods do */
  readonly fromTerraform?: Address;
  /**
   * Addresses at which pods of other clusters reach it, by the name of the cluster's KubernetesAuth. @default - as pods
   * of its own cluster do
   */
  readonly fromClusters?: Readonly<Record<string, Address>>;
  /**
   * Address of a connection pooler in front of it: pods connect there. Vault, Terraform and migrations connect to the server
   * itself. See docs/poolers.md.
   *
   * @default - pods connect to the server
   */
  readonly pooler?: Address;
  /**
   * Namespaces whose pods may connect; name Vault's too. The server itself may then connect to DNS and to Vault alone, where it gets its
   * first password.
   *
   * @default - any pod of the cluster, and the server to anything
   */
  readonly allowFromNamespaces?: string[];
  /** What the server asks for, and may use. @default - it asks for 100m of CPU and 256Mi of memory, and may use 1Gi of memory */
  readonly resources?: ContainerResources;
  /** KV v2 mount of the first password. @default "leasehold" */
  readonly kvMount?: string;
  /** `max_connections` of the server, against which the connections of workloads are counted: enough for three Deployments as they come. @default 200 */
  readonly maxConnections?: number;
  /**
   * Of these, connections that are kept for others: superusers (3, as PostgreSQL has it), Terraform while it applies, monitoring, people.
   *
   * @default 10
   */
  readonly reservedConnections?: number;
  /** Where the agent finds Vault. @default - where the injector says */
  readonly vault?: IVault;
  /** How the agent is injected that brings the first password. @default - only the init container: the first password is read once, at first start */
  readonly injector?: InjectorOptions;
}

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
  /** The L1s. */
  readonly resource: StatefulSetV1;
  /** The Service that leads to it. */
  readonly service: ServiceV1;
  /** The entry of the admin's password. Its version never rises: that would lock Terraform out. */
  readonly password: BootstrapPassword;
  /** Who the server's pod is. */
  readonly identity: WorkloadIdentity;

  constructor(scope: Construct, id: string, given: PostgresInstanceProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "PostgresInstanceProps", given);
    const name = props.instanceName ?? id;
    this.instanceName = name;
    this.majorVersion = props.majorVersion ?? 18;
    this.sslMode = props.sslMode ?? (props.tlsSecret ? "verify-full" : "disable");
    this.ca = props.ca;
    this.caFile = props.caFile;
    this.maxConnections = props.maxConnections ?? 200;
    this.reservedConnections = props.reservedConnections;
    const itself: Address = { host: `${name}.${props.namespace}.svc`, port: 5432 };
    const { pooler } = props;
    this.endpoint = {
      ...(pooler ?? itself),
      fromVault: props.fromVault ?? (pooler && itself),
      fromTerraform: props.fromTerraform ?? (pooler && itself),
      fromClusters: props.fromClusters,
      ...(pooler && { fromMigrations: itself }),
    };
    this.admin = AdminCredential.fromKv(adminEntry(name), { mount: props.kvMount });
    checkServer(this, true);
    checkPod(this, props);

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
    const init = this.makeInit(props.tlsSecret !== undefined && this.sslMode !== "disable");
    const pod = injectedPod(
      this,
      {
        identity: this.identity,
        vault: props.vault,
        injector: props.injector,
        ...serverPod({
          majorVersion: this.majorVersion,
          image: props.image,
          maxConnections: this.maxConnections,
          resources: props.resources,
          tlsSecret: props.tlsSecret,
          passwordPath: this.passwordPath,
          initConfigMap: init.metadata.name,
        }),
      },
      { kind: "StatefulSet", name, once: true, terminationGracePeriodSeconds: 60, pods: 1, claims: ["data"] },
    );
    setting(init);
    // All of it follows from the server's name and namespace.
    this.service = explained(
      new ServiceV1(this, "Service", {
        metadata: this.metadata(name),
        spec: { selector: this.labels, port: [{ name: "postgresql", port: 5432, targetPort: "postgresql" }] },
      }),
    );
    this.resource = setting(this.makeStatefulSet(props, pod));
    waitFor(this.resource, pod.needs);
    dependOn(this.resource, init, this.service, this.password.entry, this.identity.resource, policy.resource);
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

  private makeStatefulSet(props: PostgresInstanceProps, { template }: InjectedPod): StatefulSetV1 {
    return new StatefulSetV1(this, "Resource", {
      metadata: this.metadata(this.instanceName),
      spec: {
        serviceName: literal(this.instanceName),
        replicas: "1",
        selector: { matchLabels: this.labels },
        template: {
          ...template,
          spec: { ...template.spec, securityContext: { ...template.spec.securityContext, fsGroup: "999" } },
        } as StatefulSetV1["specInput"] extends { template: infer T } | undefined ? T : never,
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
    const policy = new NetworkPolicyV1(this, "Ingress", {
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
