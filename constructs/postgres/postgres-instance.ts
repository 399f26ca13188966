import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { StatefulSetV1 } from "@cdktf/provider-kubernetes/lib/stateful-set-v1";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { FindingCode } from "../../access/findings/finding";
import { adminEntry } from "../../access/model/names";
import {
  dnsLabelProblem,
  dnsSubdomainProblem,
  quantityProblem,
  sqlNameProblem,
  textProblem,
  vaultPathProblem,
} from "../../access/model/rules";
import { ensureAccessCheck } from "../synthesis/check";
import { VaultPath, VaultPolicy } from "../vault/vault-policy";
import { WorkloadIdentity } from "../identity/workload-identity";
import { InjectorOptions } from "../injection/annotations";
import { waitFor } from "../injection/demands";
import { injectedPod } from "../injection/pod";
import { claimName } from "../private/claims";
import { explained, setting } from "../private/kept";
import { report } from "../private/findings";
import { dependOn, literal } from "../private/terraform";
import { BootstrapPassword } from "../vault/bootstrap-password";
import {
  Address,
  addressFrom,
  addressProblem,
  AdminCredential,
  DEFAULT_ADMIN,
  DEFAULT_KV_MOUNT,
  IPostgresInstance,
  PostgresEndpoint,
  SslMode,
} from "../contracts/postgres";
import { initSql, PUBLIC_SCHEMA_SQL } from "./init-sql";
import { reportPlaceholders } from "../private/placeholders";
import { IKubernetesAuth } from "../contracts/cluster";
import { IVault } from "../contracts/vault";

/** A server that exists already: managed, or run by an operator such as CloudNativePG. */
export interface PostgresInstanceAttributes {
  /** Its name within Leasehold: part of mount paths and KV entries. @default - the construct's id */
  readonly instanceName?: string;
  /** Where it is found. */
  readonly endpoint: PostgresEndpoint;
  /**
   * The login that Terraform uses: CREATEROLE, CREATEDB, a member of pg_signal_backend; no superuser. Its owner must pin
   * `ALTER ROLE … SET search_path = pg_catalog`: the provider writes operators without a schema, and those that a migration
   * could put into `public` would run as this login. `SET lock_timeout = '30s'` keeps sessions from making it wait for ever.
   * On PostgreSQL 14 it must also take CREATE on `public` from PUBLIC, in `template0`: see docs/security.md.
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
  /** The server's image. @default `postgres:<majorVersion>`, the official image */
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
  /** Where Vault finds it. @default - where pods do */
  readonly fromVault?: Address;
  /** Address that the machine reaches which runs Terraform. @default - as pods do */
  readonly fromTerraform?: Address;
  /** Namespaces whose pods may connect; name Vault's too. @default - any pod of the cluster */
  readonly allowFromNamespaces?: string[];
  /** KV v2 mount of the first password. @default "leasehold" */
  readonly kvMount?: string;
  /** `max_connections` of the server, against which the connections of workloads are counted. @default 100 */
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
 * Its first password is generated into Vault and reaches the pod through the injector: it is in no Kubernetes Secret
 * and in no state. At first start the admin login of Terraform is made (CREATEROLE, CREATEDB, pg_signal_backend, no
 * superuser), PUBLIC loses CONNECT and TEMPORARY, and the superuser loses its password: it logs in only from inside
 * the pod.
 */
export class PostgresInstance extends Construct implements IPostgresInstance {
  /** A server that exists already; nothing is created. */
  static fromEndpoint(scope: Construct, id: string, attributes: PostgresInstanceAttributes): IPostgresInstance {
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
    check(existing);
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
  /** The entry of the admin's password. It has a version of its own: to raise it locks Terraform out. */
  readonly password: BootstrapPassword;
  /** Who the server's pod is. */
  readonly identity: WorkloadIdentity;

  constructor(scope: Construct, id: string, props: PostgresInstanceProps) {
    super(scope, id);
    const name = props.instanceName ?? id;
    this.instanceName = name;
    this.majorVersion = props.majorVersion ?? 18;
    this.sslMode = props.sslMode ?? (props.tlsSecret ? "verify-full" : "disable");
    this.ca = props.ca;
    this.caFile = props.caFile;
    this.maxConnections = props.maxConnections ?? 100;
    this.reservedConnections = props.reservedConnections;
    this.endpoint = {
      host: `${name}.${props.namespace}.svc`,
      port: 5432,
      fromVault: props.fromVault,
      fromTerraform: props.fromTerraform,
    };
    const mount = props.kvMount ?? DEFAULT_KV_MOUNT;
    const entry = adminEntry(name);
    this.admin = AdminCredential.fromKv(entry, { mount });
    check(this);
    checkPod(this, props);

    this.password = new BootstrapPassword(this, "Password", {
      mount,
      path: entry,
      username: DEFAULT_ADMIN,
      version: 1,
    });
    const policy = new VaultPolicy(this, "Policy", {
      policyName: `leasehold-postgres-${name}`,
      rules: [
        {
          path: VaultPath.exact(`${mount}/data/${entry}`),
          capabilities: ["read"],
          description: `first password of the PostgreSQL server ${name}`,
        },
      ],
    });
    this.identity = new WorkloadIdentity(this, "Identity", {
      cluster: props.cluster,
      namespace: props.namespace,
      serviceAccountName: name,
      policies: [policy],
    });
    const { namespace } = this.identity.key;
    const init = new ConfigMapV1(this, "Init", {
      metadata: { name: `${name}-init`, namespace },
      data: {
        ...(this.majorVersion < 15 ? { "05-public-schema.sql": literal(PUBLIC_SCHEMA_SQL) } : {}),
        "10-leasehold.sql": literal(initSql({ admin: DEFAULT_ADMIN, passwordFile: `/vault/secrets/${PASSWORD_FILE}` })),
      },
    });

    const data = `/var/lib/postgresql/${this.majorVersion}/docker`;
    const settings = [
      `max_connections=${this.maxConnections}`,
      "password_encryption=scram-sha-256",
      ...(props.tlsSecret ? ["ssl=on", "ssl_cert_file=/tls/tls.crt", "ssl_key_file=/tls/tls.key"] : []),
    ];
    const labels = { "app.kubernetes.io/name": name };
    const pod = injectedPod(
      this,
      {
        identity: this.identity,
        vault: props.vault,
        injector: props.injector,
        secrets: [
          {
            name: PASSWORD_FILE,
            path: `${mount}/data/${entry}`,
            template: `{{- with secret ${JSON.stringify(`${mount}/data/${entry}`)} -}}{{ .Data.data.password }}{{- end -}}`,
          },
        ],
        containers: [
          {
            name: "postgres",
            image: literal(props.image ?? `postgres:${this.majorVersion}`),
            args: settings.flatMap((setting) => ["-c", setting]),
            env: [
              { name: "PGDATA", value: data },
              { name: "POSTGRES_PASSWORD_FILE", value: `/vault/secrets/${PASSWORD_FILE}` },
              { name: "POSTGRES_HOST_AUTH_METHOD", value: "scram-sha-256" },
              // The image trusts whoever comes from 127.0.0.1, and a port-forward does: ask them all for a password.
              { name: "POSTGRES_INITDB_ARGS", value: "--auth-host=scram-sha-256 --auth-local=peer" },
            ],
            ports: [{ containerPort: 5432, name: "postgresql" }],
            securityContext: { runAsUser: 999, runAsGroup: 999 },
            readinessProbe: {
              exec: { command: ["pg_isready", "-U", "postgres", "-h", "127.0.0.1"] },
              periodSeconds: 5,
            },
            volumeMounts: [
              { name: "data", mountPath: "/var/lib/postgresql" },
              { name: "init", mountPath: "/docker-entrypoint-initdb.d", readOnly: true },
              { name: "run", mountPath: "/var/run/postgresql" },
              { name: "tmp", mountPath: "/tmp" },
              ...(props.tlsSecret ? [{ name: "tls", mountPath: "/tls", readOnly: true }] : []),
            ],
          },
        ],
        volumes: [
          { name: "init", configMap: { name: init.metadata.name } },
          { name: "run", emptyDir: {} },
          { name: "tmp", emptyDir: {} },
          ...(props.tlsSecret
            ? [{ name: "tls", secret: { secretName: literal(props.tlsSecret), defaultMode: "0640" } }]
            : []),
        ],
      },
      { kind: "StatefulSet", name, once: true, terminationGracePeriodSeconds: 60, pods: 1 },
    );

    setting(init);
    // Nothing of it is given by props but the server's name and namespace.
    this.service = explained(
      new ServiceV1(this, "Service", {
        metadata: { name: literal(name), namespace, labels },
        spec: { selector: labels, port: [{ name: "postgresql", port: 5432, targetPort: "postgresql" }] },
      }),
    );
    const server = new StatefulSetV1(this, "Resource", {
      metadata: { name: literal(name), namespace, labels },
      spec: {
        serviceName: literal(name),
        replicas: "1",
        selector: { matchLabels: labels },
        template: {
          ...pod.template,
          spec: { ...pod.template.spec, securityContext: { ...pod.template.spec.securityContext, fsGroup: "999" } },
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
    this.resource = setting(server);
    waitFor(this.resource, pod.needs);
    dependOn(this.resource, init, this.service, this.password.entry, this.identity.resource, policy.resource);
    if (props.allowFromNamespaces) this.isolate(namespace, labels, props.allowFromNamespaces);
  }

  private isolate(namespace: string, labels: Record<string, string>, from: readonly string[]): void {
    const policy = new NetworkPolicyV1(this, "Ingress", {
      metadata: { name: literal(`${this.instanceName}-ingress`), namespace },
      spec: {
        policyTypes: ["Ingress"],
        podSelector: { matchLabels: labels },
        ingress: [
          {
            ports: [{ port: "5432", protocol: "TCP" }],
            from: from.map((name) => ({
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": literal(name) } },
            })),
          },
        ],
      },
    });
    setting(policy);
  }
}

const PASSWORD_FILE = "admin-password";

function check(instance: IPostgresInstance): void {
  ensureAccessCheck(instance);
  claimName(instance, "server", instance.instanceName);
  const problem = dnsLabelProblem(instance.instanceName);
  if (problem)
    report(instance, {
      code: "instance",
      message: `instance name ${JSON.stringify(instance.instanceName)} ${problem}`,
      fix: "give `instanceName` such a label",
    });
  checkTexts(instance, [
    ["instance", "KV mount", instance.admin.mount, vaultPathProblem],
    ["instance", "KV entry", instance.admin.path, vaultPathProblem],
    ["instance", "admin", instance.admin.username, sqlNameProblem],
    ["instance", "ca", instance.ca, textProblem],
    ["instance", "caFile", instance.caFile, textProblem],
    ["instance", "sslMode", instance.sslMode, sslModeProblem],
  ]);
  const { host, fromVault, fromTerraform } = instance.endpoint;
  reportPlaceholders(
    instance,
    ["as pods see it, host", host],
    ["as Vault sees it, host", fromVault?.host],
    ["as Terraform sees it, host", fromTerraform?.host],
  );
  for (const [prop, value, least] of [
    ["maxConnections", instance.maxConnections, 1],
    ["reservedConnections", instance.reservedConnections, 0],
  ] as const)
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
      report(instance, {
        code: "instance",
        message: `${prop} ${JSON.stringify(value)} is not a whole number of at least ${least}`,
        fix: `give \`${prop}\` such a number, or leave it out`,
      });
  if (instance.sslMode.startsWith("verify-") && instance.ca === undefined) {
    const made = instance instanceof PostgresInstance;
    report(instance, {
      code: "ca-missing",
      severity: made ? "error" : "warning",
      message: `${instance.sslMode} asks for the CA of ${instance.instanceName}, and none is given: ${made ? "no public CA signs for a name inside a cluster" : "libpq and what is built on it refuses to connect without its file, and others trust every public CA"}`,
      fix: "give `ca`, for pods and Vault, and `caFile`, for Terraform",
    });
  }
  for (const [who, address] of [
    ["pods see", addressFrom(instance.endpoint, "pods")],
    ["Vault sees", fromVault],
    ["Terraform sees", fromTerraform],
  ] as const) {
    const wrong = address && addressProblem(address);
    if (wrong) report(instance, { code: "credential-endpoint", ...wrong, message: `as ${who} it, ${wrong.message}` });
  }
  if (!Number.isInteger(instance.majorVersion) || instance.majorVersion < 14 || instance.majorVersion > 18) {
    report(instance, {
      code: "postgres-version",
      message: `PostgreSQL ${instance.majorVersion} is not one of 14 to 18`,
      fix: "give `majorVersion` as the server has it; what is older is out of support",
    });
  } else if (instance.majorVersion < 16) {
    report(instance, {
      code: "postgres-version",
      severity: "warning",
      message: `before PostgreSQL 16 a role with CREATEROLE, such as the admin of ${instance.instanceName}, can make itself a member of any role but a superuser`,
      fix: "plan the upgrade; until then guard the admin's KV entry as you would a superuser's",
    });
    if (instance.majorVersion < 15)
      report(instance, {
        code: "postgres-version",
        severity: "warning",
        message: `on PostgreSQL ${instance.majorVersion} a login can give itself to other roles, and PUBLIC may create in the schema public of what is not made from our template0`,
        fix: "plan the upgrade; for a server that is not made here see docs/security.md: no login is issued until PUBLIC may not",
      });
  }
}

type Rule = (text: string) => string | undefined;

/** What stands in the server's pod and its neighbours. */
function checkPod(instance: IPostgresInstance, props: PostgresInstanceProps): void {
  checkTexts(instance, [
    ["kubernetes-name", "tlsSecret", props.tlsSecret, dnsSubdomainProblem],
    ["kubernetes-name", "storageClass", props.storageClass, dnsSubdomainProblem],
    ["instance", "storage", props.storage, quantityProblem],
    ["instance", "image", props.image, (image) => (/^\S+$/.test(image) ? textProblem(image) : "is no image")],
    ...(props.allowFromNamespaces ?? []).map(
      (name) => ["kubernetes-name", "namespace", name, dnsLabelProblem] as const,
    ),
  ]);
}

function checkTexts(
  instance: IPostgresInstance,
  texts: readonly (readonly [FindingCode, string, string | undefined, Rule])[],
): void {
  for (const [code, what, text, problemOf] of texts) {
    // A token has no text yet.
    if (text === undefined || Token.isUnresolved(text)) continue;
    const problem = problemOf(text);
    if (problem)
      report(instance, {
        code,
        message: `${what} ${JSON.stringify(text)} ${problem}`,
        fix: `give another \`${what}\``,
      });
  }
}

function sslModeProblem(mode: string): string | undefined {
  const known = ["disable", "require", "verify-ca", "verify-full"];
  return known.includes(mode) ? undefined : `is none of ${known.join(", ")}`;
}
