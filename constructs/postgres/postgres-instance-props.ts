import { IKubernetesAuth } from "../contracts/cluster";
import { Address, AdminCredential, PostgresEndpoint, SslMode } from "../contracts/postgres";
import { IVault } from "../contracts/vault";
import { InjectorOptions } from "../injection/annotations";
import type { ContainerResources } from "../injection/container";

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
