import { Lazy } from "cdktf";
import { FunctionResource } from "@cdktf/provider-postgresql/lib/function-resource";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { DatabaseSecretBackendRole } from "@cdktf/provider-vault/lib/database-secret-backend-role";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { AccessObject, EdgeNode, Provenance } from "../../access/model/graph";
import { databaseRoleName, groupRoleName, identityId, policyName, schemaWideRoleName } from "../../access/model/names";
import { roleNameProblem } from "../../access/model/rules";
import { Privilege } from "../../access/model/privileges";
import { renderPolicy, VaultPath } from "../vault/vault-policy";
import { noteChange } from "../private/changes";
import { claimName } from "../private/claims";
import { explained } from "../private/origin";
import { report } from "../private/findings";
import { userLine } from "../private/source-line";
import { dependOn, literal } from "../private/terraform";
import type { IPostgresDatabase } from "../postgres/postgres-database";
import type { Duration } from "../../access/model/duration";
import type { LeaseInstallation } from "./lease-installation";
import type { SecretsMount } from "./secrets-mount";
import { countProblem } from "./database-checks";
import { EdgeGrants } from "./edge-grants";
import {
  creationStatements,
  RegisteredGroup,
  renewStatements,
  revocationStatements,
  rollbackStatements,
} from "./lease/lease-functions";
import { IIdentityAccess, IWorkloadIdentity, LeaseTimes } from "../contracts/identity";
import { checkedOptions, madeBy, madeIn } from "../private/options";

/** How long leases live, in seconds. */
export interface LeaseSeconds {
  /** Until a lease that is not renewed ends. */
  readonly ttl: number;
  /** After which no lease is renewed. */
  readonly maxTtl: number;
}

/** Options of the access of one identity to one database. */
export interface AccessOptions {
  /** How long its logins live. @default - what the identity asks for, else the database's default */
  readonly lease?: LeaseTimes;
  /**
   * Name of the NOLOGIN role that holds the privileges. Changed later, the logins that are live lose their rights for a moment
   * and cannot be renewed: roll the pods out after it.
   *
   * @default - made of the four parts of the key
   */
  readonly groupRoleName?: string;
  /** Concurrent connections of one login. @default - the database's */
  readonly connectionLimit?: number;
  /** Logins held at once. @default - the database's */
  readonly maxLiveLeases?: number;
}

/** @internal The access to a database that an edge is part of. */
export interface EdgeOf {
  readonly mountPath: string;
  readonly databaseName: string;
  readonly database: IPostgresDatabase;
  readonly mount: SecretsMount;
  readonly leases: LeaseInstallation;
  readonly estate: Role;
  readonly limits: { readonly ttl: Duration; readonly maxTtl: Duration };
  readonly _props: { readonly connectionLimit?: number; readonly maxLiveLeases?: number };
}

/**
 * One identity in one database: group role, grants, registration, database role, policy. Its L1s are its own and can be overridden.
 *
 * The group role holds the privileges; a lease is a login that is a member of it, made and ended by the lease functions.
 */
export class AccessEdge extends Construct implements IIdentityAccess {
  /** Whose access it is. */
  readonly identity: IWorkloadIdentity;
  /** Name of the role in the database secrets engine. */
  readonly databaseRoleName: string;
  /** Name of the Vault policy. */
  readonly policyName: string;
  /** The L1s. */
  readonly groupRole: Role;
  /** The role of Vault's secrets engine that issues its logins, as the L1. */
  readonly databaseRole: DatabaseSecretBackendRole;
  /** The policy that lets the identity's token read its credential, and nothing else, as the L1. */
  readonly policy: Policy;
  /** The function that tells the lease functions of its group, as the L1. */
  readonly registration: FunctionResource;
  private readonly schemaWideRoleName: string;
  private readonly options = new Map<string, { value: unknown; shown: string; line?: string }>();
  private readonly grants: EdgeGrants;
  private readonly source = userLine();
  private actsAsRole?: string;
  private ownTimes?: { readonly ttl: number; readonly maxTtl: number };

  /** @internal Made by `DatabaseAccess.access()`. */
  static _make(scope: Construct, id: string, access: EdgeOf, identity: IWorkloadIdentity): AccessEdge {
    return new AccessEdge(scope, id, access, identity);
  }

  private constructor(
    scope: Construct,
    id: string,
    private readonly access: EdgeOf,
    identity: IWorkloadIdentity,
  ) {
    super(madeIn(scope, id, new.target), id);
    madeBy("database.access(identity)", AccessEdge, identity, "key");
    this.identity = identity;
    this.databaseRoleName = databaseRoleName(identity.key);
    this.policyName = policyName(identity.key, access.mountPath);
    this.schemaWideRoleName = schemaWideRoleName(identity.key, access.databaseName);
    identity.addAccess(this);
    claimName(this, "policy", this.policyName);

    // All that these three say is in the graph's edge, or follows from it: names, times, memberships and statements.
    this.groupRole = explained(this.makeGroup());
    this.databaseRole = explained(this.makeDatabaseRole());
    // Nobody asks for a login before one can be issued: else a migration's pod would wait for its own time in vain.
    dependOn(this.databaseRole, access.mount.resource, access.mount.trial);
    this.policy = explained(this.makePolicy());
    this.grants = new EdgeGrants(this, {
      database: access.databaseName,
      owner: access.database.owner,
      groupRole: this.groupRole,
      schemaWideName: this.schemaWideRoleName,
    });
    this.grants.add({ kind: "database" }, ["CONNECT"], { path: this.node.path, source: this.source });
    this.registration = access.leases._register(this, [
      this.groupRole,
      ...this.grants.resources.login.map(({ resource }) => resource),
    ]);
    dependOn(this.databaseRole, this.registration);
  }

  private makeGroup(): Role {
    return new Role(this, "Group", {
      name: Lazy.stringValue({ produce: () => literal(this.groupName) }),
      login: false,
      // A lease can leave objects to its group. Without this the provider would hand them to the admin, and autovacuum
      // would run them as the admin.
      skipReassignOwned: true,
      // The whole list, so that a plan shows a membership that was added by hand. A `postgresql_grant_role` beside it
      // would undo it in every apply.
      roles: Lazy.listValue(
        {
          produce: () => [
            ...(this.grants.schemaWideRole ? [this.grants.schemaWideRole.name] : []),
            ...(this.actsAsRole === undefined ? [] : [literal(this.actsAsRole)]),
          ],
        },
        { omitEmpty: true },
      ),
    });
  }

  private makeDatabaseRole(): DatabaseSecretBackendRole {
    return new DatabaseSecretBackendRole(this, "Role", {
      backend: literal(this.access.mountPath),
      name: this.databaseRoleName,
      dbName: this.access.mount.connectionName,
      creationStatements: Lazy.listValue({ produce: () => this.creation().map(literal) }),
      renewStatements: renewStatements.map(literal),
      revocationStatements: revocationStatements.map(literal),
      rollbackStatements: rollbackStatements.map(literal),
      defaultTtl: Lazy.numberValue({ produce: () => this.times.ttl }),
      maxTtl: Lazy.numberValue({ produce: () => this.times.maxTtl }),
    });
  }

  private makePolicy(): Policy {
    return new Policy(this, "Policy", {
      name: literal(this.policyName),
      policy: literal(
        renderPolicy([
          {
            path: VaultPath.exact(this.credentialsPath),
            capabilities: ["read"],
            description: `${identityId(this.identity.key)} reads its own login to ${this.access.databaseName}`,
          },
        ]),
      ),
    });
  }

  /** Path from which the identity reads its credentials. */
  get credentialsPath(): string {
    return `${this.access.mountPath}/creds/${this.databaseRoleName}`;
  }

  /** Name of the group role. */
  get groupName(): string {
    return (
      (this.options.get("groupRoleName")?.value as string | undefined) ??
      groupRoleName(this.identity.key, this.access.databaseName)
    );
  }

  /** Seconds that leases live, after every default. */
  get times(): LeaseSeconds {
    const asked = this.options.get("lease")?.value as { ttl?: number; maxTtl?: number } | undefined;
    const { limits } = this.access;
    const longest = Math.min(
      this.ownTimes?.maxTtl ?? limits.maxTtl.toSeconds(),
      this.identity.exposure?.toSeconds() ?? Infinity,
    );
    const maxTtl = asked?.maxTtl ?? this.identity.lease.maxTtl?.toSeconds() ?? longest;
    const ttl = asked?.ttl ?? this.identity.lease.ttl?.toSeconds() ?? this.ownTimes?.ttl ?? limits.ttl.toSeconds();
    const explicit = asked?.ttl !== undefined || this.identity.lease.ttl !== undefined;
    return { ttl: explicit ? ttl : Math.min(ttl, maxTtl), maxTtl };
  }

  /** Seconds that a lease of it lives at most. */
  get maxTtlSeconds(): number {
    return this.times.maxTtl;
  }

  /** Sets options; a second, different value of one is refused at synthesis with both lines. */
  set(options: AccessOptions): void {
    const { lease, groupRoleName, connectionLimit, maxLiveLeases } = checkedOptions(this, "AccessOptions", options);
    const times = lease && { ttl: lease.ttl?.toSeconds(), maxTtl: lease.maxTtl?.toSeconds() };
    const given = { groupRoleName, connectionLimit, maxLiveLeases, lease: times };
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined) continue;
      const shown = JSON.stringify(value);
      const line = userLine();
      const before = this.options.get(name);
      if (before && before.shown !== shown) {
        report(this, {
          code: "option-conflict",
          message: `${name} of ${identityId(this.identity.key)} is given twice: ${before.shown} and ${shown}`,
          fix: "keep one of the two statements",
          sources: [before.line, line].filter((l): l is string => l !== undefined),
        });
        continue;
      }
      this.options.set(name, { value, shown, line });
      noteChange(this);
      if (name === "groupRoleName") this.checkGroupName(value as string);
      else if (typeof value === "number" && countProblem(value) !== undefined) {
        report(this, {
          code: "lease-limit",
          message: `${name} ${value} ${countProblem(value)}`,
          fix: "give such a number, or leave it out",
        });
      }
    }
  }

  /** @internal Adds privileges on an object; repeated ones only add their line. */
  _grant(object: AccessObject, privileges: readonly Privilege[], provenance: Provenance): void {
    this.grants.add(object, privileges, provenance);
  }

  /**
   * @internal Makes every lease act as this role: what a migration creates belongs to it. Nothing revokes the login when
   * the Job ends, so unless somebody asks for more, it lives no longer than the Job may run.
   */
  _actAs(role: string, seconds: number): void {
    this.actsAsRole = role;
    this.ownTimes = { ttl: seconds, maxTtl: seconds };
    noteChange(this);
  }

  /** Role that the logins' sessions act as. @default - none: they are themselves */
  get actsAs(): string | undefined {
    return this.actsAsRole;
  }

  /** @internal What must be there before any grant on an object: the migration that makes the tables. */
  _requireBeforeGrants(...resources: readonly TerraformResource[]): void {
    this.grants.require(...resources);
  }

  /** @internal The resources that change what is granted, in a fixed order: to log in, and on objects. */
  get _grantResources(): EdgeGrants["resources"] {
    return this.grants.resources;
  }

  /** @internal The group, as the lease functions register it. */
  _registered(): RegisteredGroup {
    return {
      name: this.groupName,
      maxTtlSeconds: this.times.maxTtl,
      connectionLimit: this.number("connectionLimit", this.access._props.connectionLimit ?? 10),
      maxLiveLeases: this.number("maxLiveLeases", this.access._props.maxLiveLeases ?? 100),
      actsAs: this.actsAsRole,
    };
  }

  /** @internal */
  _graphNode(): EdgeNode {
    const { connectionLimit, maxLiveLeases } = this._registered();
    return {
      path: this.node.path,
      source: this.source,
      identity: identityId(this.identity.key),
      mountPath: this.access.mountPath,
      groupRole: this.groupName,
      schemaWideRole: this.schemaWideRoleName,
      databaseRole: this.databaseRoleName,
      policy: this.policyName,
      actsAs: this.actsAsRole,
      leaseTtl: this.times.ttl,
      leaseMaxTtl: this.times.maxTtl,
      connectionLimit,
      maxLiveLeases,
      grants: this.grants.nodes,
    };
  }

  private creation(): string[] {
    try {
      return creationStatements(this.groupName);
    } catch {
      // The name was reported where it was given. The check at synthesis throws before anything is written.
      return [];
    }
  }

  private checkGroupName(name: string): void {
    const problem = roleNameProblem(name);
    if (problem)
      report(this, {
        code: "object-name",
        message: `group role ${JSON.stringify(name)} ${problem}`,
        fix: "choose a plain name of at most 63 bytes",
      });
  }

  private number(name: string, otherwise: number): number {
    const value = this.options.get(name)?.value;
    return typeof value === "number" ? value : otherwise;
  }
}
