import { Aspects, TerraformResource } from "cdktf";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { Construct } from "constructs";
import { knownAcrossCopies } from "../../access/model/copies";
import type { Duration } from "../../access/model/duration";
import { DatabaseNode, namesOfDatabase } from "../../access/model/graph";
import { databaseRoleName, identityId, mountPath } from "../../access/model/names";
import { mountPathProblem } from "../../access/model/rules";
import type { IDatabaseAccess } from "../contracts/database";
import type { IGrantee } from "../contracts/identity";
import { DEFAULT_KV_MOUNT, PostgresEndpoint, SslMode } from "../contracts/postgres";
import { requiredIdentity } from "../identity/grantee";
import type { IPostgresDatabase } from "../postgres/postgres-database";
import { mark } from "../private/guards";
import { checkedOptions, madeIn } from "../private/options";
import { explained } from "../private/origin";
import { untraced, userLine } from "../private/source-line";
import { deployAfter } from "../private/stack-order";
import { literal } from "../private/terraform";
import { operatorRules, VaultPolicy, VaultPolicyRule } from "../vault/vault-policy";
import { AccessEdge, AccessOptions } from "./access-edge";
import {
  DatabaseAccessAttributes,
  DatabaseAccessProps,
  EffectiveLimits,
  limitsOf,
  OperatorPolicyOptions,
} from "./database-access-props";
import { checkKvMount, checkLimits, checkNames } from "./database-checks";
import { databaseNode } from "./database-node";
import { DatabaseGrants } from "./database-ref";
import { orderGrants } from "./grant-order";
import { databaseOfMount } from "./imported-database";
import { LeaseInstallation } from "./lease-installation";
import { SchemaRef } from "./schema-ref";
import { SecretsMount } from "./secrets-mount";

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
    madeIn(scope, id, DatabaseAccess);
    return databaseOfMount(scope, id, given);
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
    super(madeIn(scope, id, new.target), id);
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
    this.limits = limitsOf(props.lease);
    const kvMount = props.kvMount ?? DEFAULT_KV_MOUNT;
    checkNames(this);
    checkKvMount(this, kvMount);
    checkLimits(this, props, this.limits);

    deployAfter(this, database, database.instance);

    this.names = namesOfDatabase(this.databaseName);
    this.estate = explained(
      new Role(this, "Estate", {
        name: literal(this.names.estateRole),
        login: false,
        // Without this the provider would hand what the role owns to the admin: a stranger's function must never become
        // the admin's.
        skipReassignOwned: true,
      }),
    );
    this.leases = untraced(() =>
      LeaseInstallation._make(this, "Leases", {
        database,
        estate: this.estate,
        login: this.names.vaultLogin,
        kvMount,
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
    const identity = requiredIdentity(this, `who is asked about in ${this.databaseName}`, who);
    return this.byIdentity.get(identityId(identity.key));
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
    const checked = checkedOptions(this, "OperatorPolicyOptions", options);
    const policyName = checked.policyName ?? `operator-${this.mountPath.replace(/\//g, ".")}`;
    return new VaultPolicy(this, id, { policyName, rules: this.operatorRules });
  }

  /** @internal */
  _graphNode(): DatabaseNode {
    return databaseNode(this, this.source);
  }
}
