import { Duration } from "../../access/model/duration";
import type { LeaseTimes } from "../contracts/identity";
import type { PostgresEndpoint, SslMode } from "../contracts/postgres";
import type { IPostgresDatabase } from "../postgres/postgres-database";

/** The limits of every lease of a database. */
export interface LeaseLimits extends LeaseTimes {
  /** The longest `maxTtl` that anybody may ask for; the lease functions refuse more, whoever asks. @default 24 hours */
  readonly cap?: Duration;
}

/** The limits of every lease of a database, after every default. */
export interface EffectiveLimits {
  /** How long a lease lives that is not renewed. */
  readonly ttl: Duration;
  /** How long a lease lives at most. */
  readonly maxTtl: Duration;
  /** The longest `maxTtl` that anybody may ask for. */
  readonly cap: Duration;
}

/** Options of a policy for operators. */
export interface OperatorPolicyOptions {
  /** Name of the policy in Vault. @default `operator-<mount path, dots for slashes>` */
  readonly policyName?: string;
}

/** What the access to a database is about, and its limits. */
export interface DatabaseAccessProps {
  /** The database. One DatabaseAccess for each. */
  readonly database: IPostgresDatabase;
  /**
   * Path of the secrets mount: one per database. Changing it ends all leases; raise `passwordVersion` in the same
   * change, since the new mount starts from the password in KV.
   *
   * @default `database/<instance>/<database>`
   */
  readonly mountPath?: string;
  /** Limits of its leases. @default - ttl 1 hour, maxTtl and cap 24 hours */
  readonly lease?: LeaseLimits;
  /** Concurrent connections of one login. @default 10 */
  readonly connectionLimit?: number;
  /** Logins that one identity may hold at once. It bounds what a crash loop can make. @default 100 */
  readonly maxLiveLeases?: number;
  /**
   * Raise it to give Vault's own login a new starting password. One apply changes the KV entry, the login and the
   * mount. Then Vault rotates the password to one that only Vault knows.
   *
   * @default 1
   */
  readonly passwordVersion?: number;
  /**
   * Have Vault rotate its login's password right after each change of it, so that KV holds none that works. The same request tries
   * whether a login could be issued. Without it a static role of Vault tries it, which changes no password.
   *
   * @default true
   */
  readonly rotateRoot?: boolean;
  /** KV v2 mount of bootstrap passwords. @default "leasehold" */
  readonly kvMount?: string;
  /** Connections that Vault keeps to the database. @default 4, Vault's own default */
  readonly maxOpenConnections?: number;
}

/** What is known of a database whose access another program manages. */
export interface DatabaseAccessAttributes {
  /** Path of the secrets mount that issues its logins. */
  readonly mountPath: string;
  /** Name of the database on the server. */
  readonly databaseName: string;
  /** Where pods find the server. */
  readonly endpoint: PostgresEndpoint;
  /** How pods check the server. @default "verify-full" */
  readonly sslMode?: SslMode;
  /** CA of the server's certificate, PEM. @default - what the pod's image trusts */
  readonly ca?: string;
  /** The `maxTtl` of the leases there; the tokens of those who use it live no longer. @default 24 hours */
  readonly leaseMaxTtl?: Duration;
}

/** The longest `maxTtl` of a lease, where nobody says one. */
export const DEFAULT_CAP = Duration.hours(24);

/** The limits of the leases of a database, after every default. */
export function limitsOf({ cap = DEFAULT_CAP, maxTtl = cap, ttl }: LeaseLimits = {}): EffectiveLimits {
  return { ttl: ttl ?? (maxTtl.toSeconds() < 3600 ? maxTtl : Duration.hours(1)), maxTtl, cap };
}
