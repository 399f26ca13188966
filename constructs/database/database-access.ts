import { Aspects, TerraformResource, Token } from "cdktf";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import { DatabaseNode, namesOfDatabase } from "../../access/model/graph";
import { databaseRoleName, identityId, mountPath } from "../../access/model/names";
import { databaseNameProblem, mountPathProblem, vaultPathProblem } from "../../access/model/rules";
import { ensureAccessCheck } from "../synthesis/check";
import { operatorRules, VaultPolicy, VaultPolicyRule } from "../vault/vault-policy";
import { IPostgresDatabase } from "../postgres/postgres-database";
import {
  Address,
  addressFrom,
  AdminCredential,
  DEFAULT_KV_MOUNT,
  PostgresEndpoint,
  SslMode,
} from "../contracts/postgres";
import { mark } from "../private/guards";
import { explained } from "../private/origin";
import { report } from "../private/findings";
import { untraced, userLine } from "../private/source-line";
import { deployAfter } from "../private/stack-order";
import { literal } from "../private/terraform";
import { vaultNamespaceOf } from "../private/vault-namespace";
import { AccessEdge, AccessOptions } from "./access-edge";
import { LeaseInstallation } from "./lease-installation";
import { DatabaseGrants } from "./database-ref";
import { orderGrants } from "./grant-order";
import { SchemaRef } from "./schema-ref";
import { SecretsMount } from "./secrets-mount";
import { knownAcrossCopies } from "../../access/model/copies";
import { requiredIdentity } from "../identity/grantee";
import { reportPlaceholders } from "../private/placeholders";
import { IGrantee, LeaseTimes } from "../contracts/identity";
import { IDatabaseAccess } from "../contracts/database";
import { checkedOptions } from "../private/options";

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
  /** Logins that one identity may hold at once: the cap that a crash loop runs into. @default 100 */
  readonly maxLiveLeases?: number;
  /**
   * Raise it to give Vault's own login a new starting password: KV entry, login and mount follow in one apply, and
   * Vault rotates it once more to one that only Vault knows.
   *
   * @default 1
   */
  readonly passwordVersion?: number;
  /** Have Vault rotate its login's password right after each change of it, so that KV holds none that works. @default true */
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

/**
 * The access to one database: lease functions, Vault's login, the secrets mount, and an edge for each identity that is
 * granted something. One per database, each in a stack of its own: the postgresql provider connects to one database.
 *
 * Grants may be written in any order and repeated: the union counts.
 */
export class DatabaseAccess extends Construct implements IDatabaseAccess {
  static {
    knownAcrossCopies(this, "DatabaseAccess");
  }

  /** A database whose grants are managed by another program; here credentials are only delivered from it. */
  static fromMount(scope: Construct, id: string, given: DatabaseAccessAttributes): IDatabaseAccess {
    const attributes = checkedOptions(scope, "DatabaseAccessAttributes", given, id);
    const source = userLine();
    let leaseMaxTtl = Duration.hours(24);
    class Imported extends Construct implements IDatabaseAccess {
      readonly mountPath = attributes.mountPath;
      readonly databaseName = attributes.databaseName;
      readonly endpoint = attributes.endpoint;
      readonly sslMode = attributes.sslMode ?? "verify-full";
      readonly ca = attributes.ca;
      get leaseMaxTtl(): Duration {
        return leaseMaxTtl;
      }
      credentialsPath(who: IGrantee): string {
        return `${this.mountPath}/creds/${databaseRoleName(who.grantee.key)}`;
      }
      actsAs(): undefined {
        return undefined;
      }
      _graphNode(): DatabaseNode {
        const { mountPath: mount, databaseName: database, sslMode } = this;
        return {
          path: this.node.path,
          source,
          instance: "",
          database,
          vaultNamespace: vaultNamespaceOf(this),
          mountPath: mount,
          owner: "",
          ...namesOfDatabase(database),
          majorVersion: 0,
          sslMode,
          leaseCap: this.leaseMaxTtl.toSeconds(),
          external: true,
        };
      }
    }
    const imported = new Imported(scope, id);
    leaseMaxTtl = attributes.leaseMaxTtl ?? leaseMaxTtl;
    mark(imported, "DatabaseAccess");
    reportPlaceholders(imported, ["as pods see it, host", attributes.endpoint.host]);
    checkNames(imported);
    return imported;
  }

  /** @internal */
  readonly _props: DatabaseAccessProps;
  /** The database. */
  readonly database: IPostgresDatabase;
  readonly databaseName: string;
  readonly mountPath: string;
  readonly endpoint: PostgresEndpoint;
  readonly sslMode: SslMode;
  readonly ca?: string;
  /** The lease functions and Vault's login, with their L1s. */
  readonly leases: LeaseInstallation;
  /** The secrets mount, with its L1s. */
  readonly mount: SecretsMount;
  /** The powerless role that inherits what leases leave behind. */
  readonly estate: Role;
  /** The limits of its leases, after every default. */
  readonly limits: EffectiveLimits;
  private readonly byIdentity = new Map<string, AccessEdge>();
  private readonly migrations = new Map<AccessEdge, TerraformResource>();
  private readonly source = userLine();
  private readonly names: ReturnType<typeof namesOfDatabase>;

  constructor(scope: Construct, id: string, given: DatabaseAccessProps) {
    super(scope, id);
    const props = checkedOptions(this, "DatabaseAccessProps", given);
    this._props = props;
    mark(this, "DatabaseAccess");
    const { database } = props;
    this.database = database;
    this.databaseName = database.databaseName;
    this.mountPath = props.mountPath ?? mountPath(database.instance.instanceName, database.databaseName);
    this.endpoint = database.instance.endpoint;
    this.sslMode = database.instance.sslMode;
    this.ca = database.instance.ca;
    const cap = props.lease?.cap ?? Duration.hours(24);
    const asked = props.lease ?? {};
    const maxTtl = asked.maxTtl ?? cap;
    const ttl = asked.ttl ?? (maxTtl.toSeconds() < 3600 ? maxTtl : Duration.hours(1));
    this.limits = { ttl, maxTtl, cap };
    checkNames(this);
    const kv = vaultPathProblem(props.kvMount ?? DEFAULT_KV_MOUNT);
    if (kv && !Token.isUnresolved(props.kvMount))
      report(this, {
        code: "mount-path",
        message: `KV mount ${JSON.stringify(props.kvMount)} ${kv}`,
        fix: "give `kvMount` as Vault lists it, without a '/' at the end",
      });
    checkLimits(this, props);

    deployAfter(this, database, database.instance);

    this.names = namesOfDatabase(this.databaseName);
    this.estate = explained(
      new Role(this, "Estate", {
        name: literal(this.names.estateRole),
        login: false,
        // Else the provider would hand what it owns to the admin: a stranger's function must never become the admin's.
        skipReassignOwned: true,
      }),
    );
    this.leases = untraced(() =>
      LeaseInstallation._make(this, "Leases", {
        database,
        estate: this.estate,
        login: this.names.vaultLogin,
        kvMount: props.kvMount ?? DEFAULT_KV_MOUNT,
        passwordVersion: props.passwordVersion ?? 1,
      }),
    );
    this.mount = untraced(() =>
      SecretsMount._make(this, "Mount", {
        path: this.mountPath,
        connection: this.names.connection,
        database,
        leases: this.leases,
        passwordVersion: props.passwordVersion ?? 1,
        rotateRoot: props.rotateRoot ?? true,
        maxOpenConnections: props.maxOpenConnections ?? 4,
        limits: this.limits,
      }),
    );
    // At synthesis, when all grants are known: the order of statements must leave no trace.
    Aspects.of(this).add(mark({ visit: (node) => (node === this ? this.orderGrants() : undefined) }, "Aspect"));
  }

  /** Verbs on the database itself. */
  get grants(): DatabaseGrants {
    return DatabaseGrants._make(this);
  }

  /** A schema, to grant on what is in it. Creates nothing. */
  schema(name: string): SchemaRef {
    return SchemaRef._make(this, name);
  }

  /**
   * The edge of this identity, found or made. Options may be given once, here or in another statement: a second,
   * different value is refused with both lines.
   */
  access(who: IGrantee, options: AccessOptions = {}): AccessEdge {
    const identity = requiredIdentity(this, "who is granted access", who);
    const key = identityId(identity.key);
    let edge = this.byIdentity.get(key);
    if (!edge) {
      edge = untraced(() => AccessEdge._make(this, databaseRoleName(identity.key), this, identity));
      this.byIdentity.set(key, edge);
      edge._requireBeforeGrants(...this.migrations.values());
    }
    edge.set(options);
    return edge;
  }

  private orderGrants(): void {
    const edges = this.edges.map((edge) => edge._grantResources);
    // In a database that this program makes, the migrations act as the one owner.
    orderGrants(
      [
        ...edges.flatMap(({ login }) => login),
        ...this.leases._grantResources,
        ...edges.flatMap(({ objects }) => objects),
      ],
      this.database.publicRevoked,
    );
  }

  /** @internal Makes the grants of every edge, but those of the migration's own, wait for it. */
  _migrateFirst(own: AccessEdge, job: TerraformResource): void {
    this.migrations.set(own, job);
    for (const edge of this.byIdentity.values()) if (!this.migrations.has(edge)) edge._requireBeforeGrants(job);
  }

  /** @internal The edge of this identity, if it is granted anything. */
  _edgeOf(who: IGrantee): AccessEdge | undefined {
    return this.byIdentity.get(identityId(who.grantee.key));
  }

  /** Every edge, in the order of their identities' keys. */
  get edges(): AccessEdge[] {
    return [...this.byIdentity.keys()].sort().map((key) => this.byIdentity.get(key) as AccessEdge);
  }

  credentialsPath(who: IGrantee): string {
    return `${this.mountPath}/creds/${this._edgeOf(who)?.databaseRoleName ?? databaseRoleName(who.grantee.key)}`;
  }

  get leaseMaxTtl(): Duration {
    return this.limits.cap;
  }

  actsAs(who: IGrantee): string | undefined {
    return this._edgeOf(who)?.actsAs;
  }

  /** Rules for the people who run this mount: they manage `config/*` and `roles/*`, and get no credential; see `operatorRules`. */
  get operatorRules(): VaultPolicyRule[] {
    return mountPathProblem(this.mountPath) ? [] : operatorRules(this.mountPath);
  }

  /** A policy of the operator rules. */
  addOperatorPolicy(id = "Operator", options: OperatorPolicyOptions = {}): VaultPolicy {
    const policyName = options.policyName ?? `operator-${this.mountPath.replace(/\//g, ".")}`;
    return new VaultPolicy(this, id, { policyName, rules: this.operatorRules });
  }

  /** @internal */
  _graphNode(): DatabaseNode {
    return {
      path: this.node.path,
      source: this.source,
      instance: this.database.instance.instanceName,
      database: this.databaseName,
      vaultNamespace: vaultNamespaceOf(this),
      mountPath: this.mountPath,
      vaultAddress: addressOf(addressFrom(this.endpoint, "vault")),
      owner: this.database.owner,
      admin: this.database.instance.admin.username,
      ...this.names,
      adminPassword: passwordPathOf(this.database.instance.admin),
      majorVersion: this.database.instance.majorVersion,
      sslMode: this.sslMode,
      leaseCap: this.limits.cap.toSeconds(),
      external: false,
      maxConnections: this.database.instance.maxConnections,
      reservedConnections: this.database.instance.reservedConnections ?? 10,
      vaultConnections: this._props.maxOpenConnections ?? 4,
      ...rightsOf(this.database),
    };
  }
}

/** What is known of a database that Leasehold did not make. */
function rightsOf({
  publicRevoked,
  knownRights,
}: IPostgresDatabase): Pick<DatabaseNode, "publicRights" | "knownRights"> {
  if (publicRevoked) return {};
  if (knownRights === undefined) return { publicRights: "unknown" };
  const { lookedUp, rights } = knownRights;
  return { knownRights: { lookedUp, rights } };
}

/** As a policy names it. A token has no text yet. */
function passwordPathOf({ mount, path }: AdminCredential): string | undefined {
  return Token.isUnresolved(mount) || Token.isUnresolved(path) ? undefined : `${mount}/data/${path}`;
}

/** A token has no text yet. */
function addressOf({ host, port }: Address): string | undefined {
  return Token.isUnresolved(host) || Token.isUnresolved(port) ? undefined : `${host}:${port}`;
}

function checkNames(access: IDatabaseAccess): void {
  ensureAccessCheck(access);
  const problem = mountPathProblem(access.mountPath);
  if (problem)
    report(access, {
      code: "mount-path",
      message: `mount path ${JSON.stringify(access.mountPath)} ${problem}`,
      fix: "give `mountPath` such a path",
    });
  const name = databaseNameProblem(access.databaseName);
  if (name)
    report(access, {
      code: "database-name",
      message: `database ${JSON.stringify(access.databaseName)} ${name}`,
      fix: "choose a plain name of at most 63 bytes",
    });
}

function checkLimits(access: DatabaseAccess, props: DatabaseAccessProps): void {
  const { ttl, maxTtl, cap } = access.limits;
  if (ttl.toSeconds() > maxTtl.toSeconds() || maxTtl.toSeconds() > cap.toSeconds()) {
    report(access, {
      code: "lease-ttl",
      message: `lease ttl ${ttl}, maxTtl ${maxTtl} and cap ${cap} are not in rising order`,
      fix: "choose ttl <= maxTtl <= cap",
    });
  }
  const counts = {
    connectionLimit: props.connectionLimit,
    maxLiveLeases: props.maxLiveLeases,
    passwordVersion: props.passwordVersion,
    maxOpenConnections: props.maxOpenConnections,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      report(access, {
        code: "lease-limit",
        message: `${name} ${value} is not a whole number of at least 1`,
        fix: "give such a number, or leave it out",
      });
    }
  }
}
