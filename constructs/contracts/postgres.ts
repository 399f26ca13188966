import { DEFAULT_ADMIN } from "../../access/model/names";
import { Token } from "cdktf";
import { IConstruct } from "constructs";
import { hostProblem } from "../../access/model/addresses";
import { nameClusters } from "../private/cluster-names";
import { report } from "../private/findings";
import { checkedOptions, checkedText } from "../private/options";

/** A host and port. Tokens are welcome: an address is not a secret. */
export interface Address {
  /** A host name or an IP address, without a port. */
  readonly host: string;
  /** A TCP port. */
  readonly port: number;
}

/**
 * Where a PostgreSQL server is found. Pods, Vault and the machine that runs Terraform may see different addresses
 * (a service name, a bastion, another cluster).
 */
export interface PostgresEndpoint {
  /** Host name or address at which pods reach the server. */
  readonly host: string;
  /** The TCP port. @default 5432 */
  readonly port?: number;
  /** The address at which Vault reaches it. @default - as pods do */
  readonly fromVault?: Address;
  /** The address at which the machine that runs Terraform reaches it. @default - as pods do */
  readonly fromTerraform?: Address;
  /** The address at which pods of other clusters reach it, by the name of the cluster's KubernetesAuth. @default - as `host` */
  readonly fromClusters?: Readonly<Record<string, Address>>;
  /**
   * The address at which migrations of all clusters reach it: the server itself, where pods reach it through a
   * connection pooler. A pooler in transaction mode refuses the option by which a migration acts as the owner.
   *
   * @default - as pods do
   */
  readonly fromMigrations?: Address;
}

/** libpq's `sslmode`; only `verify-full` and `verify-ca` check whom they talk to. */
export type SslMode = "disable" | "require" | "verify-ca" | "verify-full";

/** Where an admin's login and password are. */
export interface AdminCredentialOptions {
  /** KV v2 mount of the entry. @default "leasehold" */
  readonly mount?: string;
  /** Name of the login. @default "leasehold_admin" */
  readonly username?: string;
}

/**
 * The login with which Terraform manages roles and grants: not a superuser where we make the server. Its password is
 * in an entry of a KV v2 mount of Vault, under the key `password`, and never in Terraform's state.
 */
export class AdminCredential {
  /**
   * A login whose password is kept in an entry of a KV v2 mount, under the key `password`.
   *
   * @param path The entry, below the mount; it holds the key `password`.
   * @throws AccessFindingsError for a path that is no text, and for options of another kind
   */
  static fromKv(path: string, options: AdminCredentialOptions = {}): AdminCredential {
    const asked = "AdminCredential.fromKv";
    const { mount, username } = checkedOptions(undefined, "AdminCredentialOptions", options, asked);
    return new AdminCredential(mount ?? DEFAULT_KV_MOUNT, checkedText("path", asked, path), username ?? DEFAULT_ADMIN);
  }
  private constructor(
    /** The KV v2 mount. */
    readonly mount: string,
    /** The entry, below the mount. */
    readonly path: string,
    /** The name of the login. */
    readonly username: string,
  ) {}
}

/** The KV v2 mount of bootstrap passwords. */
export const DEFAULT_KV_MOUNT = "leasehold";

/** A PostgreSQL server. */
export interface IPostgresInstance extends IConstruct {
  /** Its name within Leasehold: part of mount paths and KV entries. */
  readonly instanceName: string;
  /** The server's addresses for pods, for Vault and for Terraform. */
  readonly endpoint: PostgresEndpoint;
  /** The login with which Terraform manages it. */
  readonly admin: AdminCredential;
  /** Major version of PostgreSQL, 14 to 18. */
  readonly majorVersion: number;
  /** How those who connect check the server. */
  readonly sslMode: SslMode;
  /** CA of the server's certificate, PEM; pods get it as a file, Vault as part of its connection. */
  readonly ca?: string;
  /** File with that CA on the machine that runs Terraform. */
  readonly caFile?: string;
  /** `max_connections` of the server. @default - not known */
  readonly maxConnections?: number;
  /** Connections that are reserved for others than workloads and Vault. @default 10 */
  readonly reservedConnections?: number;
}

/**
 * A part of a URL. Half a surrogate pair is refused by the rules of names. Here it must not throw, so that their
 * finding is the one that is shown.
 */
export function encode(part: string): string {
  return encodeURIComponent(String(part).replace(/\p{Cs}/gu, "\ufffd"));
}

/** What is wrong with an address, and how to put it right. A token may be anything until Terraform runs. */
export function addressProblem({
  host,
  port,
}: Address): { readonly message: string; readonly fix: string } | undefined {
  const problem = Token.isUnresolved(host) ? undefined : hostProblem(host);
  if (problem)
    return {
      message: `host ${JSON.stringify(host)} ${problem}`,
      fix: "give the host alone, without user, port or path; an IPv6 address in brackets",
    };
  return Token.isUnresolved(port) || (Number.isInteger(port) && port > 0 && port < 65536)
    ? undefined
    : { message: `port ${port} is not between 1 and 65535`, fix: "give the server's port" };
}

/** Every address of a server, from each viewpoint. */
export function checkEndpoint(scope: IConstruct, endpoint: PostgresEndpoint): void {
  const { fromVault, fromTerraform, fromClusters = {}, fromMigrations } = endpoint;
  nameClusters(scope, Object.keys(fromClusters));
  for (const [who, address] of [
    ["pods see", addressFrom(endpoint, "pods")],
    ["Vault sees", fromVault],
    ["Terraform sees", fromTerraform],
    ["migrations see", fromMigrations],
    ...Object.entries(fromClusters).map(([name, seen]) => [`pods of ${name} see`, seen] as const),
  ] as const) {
    const wrong = address && addressProblem(address);
    if (wrong) report(scope, { code: "credential-endpoint", ...wrong, message: `as ${who} it, ${wrong.message}` });
  }
}

/** The address from a viewpoint. @param cluster name of the pods' cluster @default - one that nothing is said of */
export function addressFrom(
  endpoint: PostgresEndpoint,
  viewpoint: "pods" | "migrations" | "vault" | "terraform",
  cluster?: string,
): Address {
  const pods: Address = { host: endpoint.host, port: endpoint.port ?? 5432 };
  if (viewpoint === "vault") return endpoint.fromVault ?? pods;
  if (viewpoint === "terraform") return endpoint.fromTerraform ?? pods;
  if (viewpoint === "migrations" && endpoint.fromMigrations) return endpoint.fromMigrations;
  const { fromClusters = {} } = endpoint;
  return cluster !== undefined && Object.hasOwn(fromClusters, cluster) ? fromClusters[cluster] : pods;
}
