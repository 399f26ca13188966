import { Lazy } from "cdktf";
import { DefaultPrivileges } from "@cdktf/provider-postgresql/lib/default-privileges";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { DatabaseSecretBackendRole } from "@cdktf/provider-vault/lib/database-secret-backend-role";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { AccessObject, byCodeUnit, EdgeNode, objectKey, Provenance } from "../access/graph";
import { databaseRoleName, groupRoleName, identityId, policyName, schemaWideRoleName } from "../access/names";
import { databaseNameProblem } from "../access/rules";
import { Privilege } from "../access/privileges";
import { renderPolicy, VaultPath } from "../identity/vault-policy";
import { IWorkloadIdentity, LeaseTimes } from "../identity/workload-identity";
import { report } from "../private/report";
import { userLine } from "../private/source-line";
import { dependOn, idOf, literal } from "../private/terraform";
import type { DatabaseAccess } from "./database-access";
import { creationStatements, renewStatements, revocationStatements, rollbackStatements } from "./lease/lease-functions";

/** What may be set for one identity in one database. */
export interface AccessOptions {
  /** @default - what the identity asks for, else the database's default */
  readonly lease?: LeaseTimes;
  /** Name of the NOLOGIN role that holds the privileges. @default - made of the four parts of the key */
  readonly groupRoleName?: string;
  /** Concurrent connections of one login. @default - the database's */
  readonly connectionLimit?: number;
  /** Logins held at once. @default - the database's */
  readonly maxLiveLeases?: number;
}

interface Statement {
  readonly object: AccessObject;
  readonly privileges: Map<Privilege, Provenance[]>;
}

/**
 * One identity in one database: group role, grants, database role, policy. Its L1s are its own and can be overridden.
 *
 * The group role holds the privileges; a lease is a login that is a member of it, made and ended by the lease functions.
 */
export class AccessEdge extends Construct {
  readonly identity: IWorkloadIdentity;
  /** Name of the role in the database secrets engine. */
  readonly databaseRoleName: string;
  /** Name of the Vault policy. */
  readonly policyName: string;
  /** The L1s. */
  readonly groupRole: Role;
  readonly databaseRole: DatabaseSecretBackendRole;
  readonly policy: Policy;
  private readonly statements = new Map<string, Statement>();
  private readonly options = new Map<string, { value: unknown; shown: string; line?: string }>();
  private readonly resources = new Map<string, TerraformResource>();
  private readonly prerequisites: TerraformResource[] = [];
  private readonly source = userLine();
  private actsAsRole?: string;
  private ownTimes?: { readonly ttl: number; readonly maxTtl: number };
  private wideRole?: Role;

  /** @internal Made by `DatabaseAccess.access()`. */
  constructor(
    scope: Construct,
    id: string,
    private readonly access: DatabaseAccess,
    identity: IWorkloadIdentity,
  ) {
    super(scope, id);
    this.identity = identity;
    this.databaseRoleName = databaseRoleName(identity.key);
    this.policyName = policyName(identity.key, access.mountPath);
    identity.addEdgePolicy(this.policyName);
    identity.boundBy(() => this.times.maxTtl);

    this.groupRole = new Role(this, "Group", {
      name: Lazy.stringValue({ produce: () => literal(this.groupName) }),
      login: false,
      skipReassignOwned: false,
      // The whole list, so that a membership added by hand shows in a plan; `postgresql_grant_role` beside it would fight with it.
      roles: Lazy.listValue(
        {
          produce: () => [
            ...(this.wideRole ? [this.wideRole.name] : []),
            ...(this.actsAsRole === undefined ? [] : [literal(this.actsAsRole)]),
          ],
        },
        { omitEmpty: true },
      ),
    });
    this.databaseRole = new DatabaseSecretBackendRole(this, "Role", {
      backend: literal(access.mountPath),
      name: this.databaseRoleName,
      dbName: access.mount.connectionName,
      creationStatements: Lazy.listValue({ produce: () => this.statementsFor().creation.map(literal) }),
      renewStatements: renewStatements.map(literal),
      revocationStatements: revocationStatements.map(literal),
      rollbackStatements: rollbackStatements.map(literal),
      defaultTtl: Lazy.numberValue({ produce: () => this.times.ttl }),
      maxTtl: Lazy.numberValue({ produce: () => this.times.maxTtl }),
    });
    dependOn(this.databaseRole, access.mount.resource);
    this.policy = new Policy(this, "Policy", {
      name: literal(this.policyName),
      policy: literal(
        renderPolicy([
          {
            path: VaultPath.exact(this.credentialsPath),
            capabilities: ["read"],
            description: `${identityId(identity.key)} reads its own login to ${access.databaseName}`,
          },
        ]),
      ),
    });
    access.leases.registers(this.groupRole);
    this.grant({ kind: "database" }, ["CONNECT"], this.here());
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
  get times(): { readonly ttl: number; readonly maxTtl: number } {
    const asked = this.options.get("lease")?.value as { ttl?: number; maxTtl?: number } | undefined;
    const { limits } = this.access;
    const maxTtl =
      asked?.maxTtl ?? this.identity.lease.maxTtl?.toSeconds() ?? this.ownTimes?.maxTtl ?? limits.maxTtl.toSeconds();
    const ttl = asked?.ttl ?? this.identity.lease.ttl?.toSeconds() ?? this.ownTimes?.ttl ?? limits.ttl.toSeconds();
    const explicit = asked?.ttl !== undefined || this.identity.lease.ttl !== undefined;
    return { ttl: explicit ? ttl : Math.min(ttl, maxTtl), maxTtl };
  }

  /** Sets options; a second, different value of one is refused at synthesis with both lines. */
  set(options: AccessOptions): void {
    const { lease, ...plain } = options;
    const times = lease && { ttl: lease.ttl?.toSeconds(), maxTtl: lease.maxTtl?.toSeconds() };
    for (const [name, value] of Object.entries({ ...plain, ...(times && { lease: times }) })) {
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
      if (name === "groupRoleName") this.checkGroupName(value as string);
      else if (typeof value === "number" && (!Number.isSafeInteger(value) || value < 1)) {
        report(this, {
          code: "lease-limit",
          message: `${name} ${value} is not a whole number of at least 1`,
          fix: "give such a number, or leave it out",
        });
      }
    }
  }

  /** @internal Adds privileges on an object; repeated ones only add their line. */
  grant(object: AccessObject, privileges: readonly Privilege[], provenance: Provenance): void {
    if (object.schema !== undefined && object.kind !== "schema")
      this.grant({ kind: "schema", schema: object.schema }, ["USAGE"], provenance);
    const key = objectKey(object);
    const statement = this.statements.get(key) ?? { object, privileges: new Map<Privilege, Provenance[]>() };
    this.statements.set(key, statement);
    for (const privilege of privileges) {
      const lines = statement.privileges.get(privilege) ?? [];
      if (!lines.some((line) => line.source === provenance.source && line.path === provenance.path))
        lines.push(provenance);
      statement.privileges.set(privilege, lines);
      if (object.kind === "column") this.columnGrant(object, privilege);
    }
    if (object.kind === "table" && object.name !== undefined) this.dropCoveredColumns(object, privileges);
    if (object.kind !== "column") this.objectGrant(key, statement);
  }

  /**
   * @internal Makes every lease act as this role: what a migration creates belongs to it. Nothing revokes the login when
   * the Job ends, so unless somebody asks for more, it lives no longer than the Job may run.
   */
  actAs(role: string, seconds: number): void {
    this.actsAsRole = role;
    this.ownTimes = { ttl: seconds, maxTtl: seconds };
  }

  /** Role that the logins' sessions act as. @default - none: they are themselves */
  get actsAs(): string | undefined {
    return this.actsAsRole;
  }

  /** @internal What must be there before any grant on an object: the migration that makes the tables. */
  requireBeforeGrants(...resources: readonly TerraformResource[]): void {
    this.prerequisites.push(...resources);
    for (const [key, resource] of this.resources) if (!key.startsWith('["database"')) dependOn(resource, ...resources);
  }

  /**
   * @internal The resources that change what is granted, in a fixed order: those that a lease needs to log in, and those
   * on objects, which come after the migration.
   */
  get grantResources(): { readonly login: TerraformResource[]; readonly objects: TerraformResource[] } {
    const keys = [...this.resources.keys()].sort(byCodeUnit);
    const of = (login: boolean): TerraformResource[] =>
      keys
        .filter((key) => key.startsWith('["database"') === login)
        .map((key) => this.resources.get(key) as TerraformResource);
    return { login: of(true), objects: of(false) };
  }

  /** @internal As the lease functions register it. */
  registration(): {
    name: string;
    maxTtlSeconds: number;
    connectionLimit: number;
    maxLiveLeases: number;
    actsAs?: string;
  } {
    return {
      name: this.groupName,
      maxTtlSeconds: this.times.maxTtl,
      connectionLimit: this.number("connectionLimit", this.access.props.connectionLimit ?? 10),
      maxLiveLeases: this.number("maxLiveLeases", this.access.props.maxLiveLeases ?? 100),
      actsAs: this.actsAsRole,
    };
  }

  /** @internal */
  graphNode(): EdgeNode {
    const { connectionLimit, maxLiveLeases } = this.registration();
    return {
      path: this.node.path,
      source: this.source,
      identity: identityId(this.identity.key),
      mountPath: this.access.mountPath,
      groupRole: this.groupName,
      databaseRole: this.databaseRoleName,
      policy: this.policyName,
      actsAs: this.actsAsRole,
      leaseTtl: this.times.ttl,
      leaseMaxTtl: this.times.maxTtl,
      connectionLimit,
      maxLiveLeases,
      grants: [...this.statements.values()].flatMap(({ object, privileges }) =>
        [...privileges].map(([privilege, grantedBy]) => ({ object, privilege, grantedBy })),
      ),
    };
  }

  private objectGrant(key: string, statement: Statement): void {
    if (this.resources.has(key)) return;
    const { object } = statement;
    const wide = object.name === undefined && object.schema !== undefined && object.kind !== "schema";
    const role = wide ? this.schemaWideRole() : this.groupRole;
    const privileges = Lazy.listValue({ produce: () => [...statement.privileges.keys()].sort(byCodeUnit) });
    const common = { database: literal(this.access.databaseName), role: role.name, privileges };
    const id = idOf(
      object.kind,
      ...[object.schema, object.name ?? (wide ? "*" : undefined)].filter((part): part is string => part !== undefined),
    );
    const grant = new Grant(this, id, {
      ...common,
      objectType: object.kind,
      schema: object.schema === undefined ? undefined : literal(object.schema),
      objects: object.name === undefined ? undefined : [literal(object.name)],
    });
    this.order(key, grant);
    if (!wide) return;
    const future = new DefaultPrivileges(this, `future ${id}`, {
      ...common,
      objectType: object.kind,
      owner: literal(this.access.database.owner),
      schema: literal(object.schema as string),
    });
    this.order(`${key} future`, future);
  }

  /** One resource per column and verb: widening a list of columns would replace the grant, with a gap between. */
  private columnGrant(object: AccessObject, privilege: Privilege): void {
    const table = this.statements.get(objectKey({ kind: "table", schema: object.schema, name: object.name }));
    const key = `${objectKey(object)} ${privilege}`;
    if (table?.privileges.has(privilege) || this.resources.has(key)) return;
    const grant = new Grant(
      this,
      idOf("column", object.schema as string, object.name as string, object.column as string, privilege),
      {
        database: literal(this.access.databaseName),
        role: this.groupRole.name,
        objectType: "column",
        schema: literal(object.schema as string),
        objects: [literal(object.name as string)],
        columns: [literal(object.column as string)],
        privileges: [privilege],
      },
    );
    this.order(key, grant);
  }

  /** A grant of a verb on the table holds it for every column; a column grant beside it would fight with it. */
  private dropCoveredColumns(table: AccessObject, privileges: readonly Privilege[]): void {
    for (const { object } of this.statements.values()) {
      if (object.kind !== "column" || object.schema !== table.schema || object.name !== table.name) continue;
      for (const privilege of privileges) {
        const key = `${objectKey(object)} ${privilege}`;
        const resource = this.resources.get(key);
        if (!resource) continue;
        this.node.tryRemoveChild(resource.node.id);
        this.resources.delete(key);
      }
    }
  }

  /** The role of what is granted on all of a schema; see `schemaWideRoleName`. */
  private schemaWideRole(): Role {
    this.wideRole ??= new Role(this, "Schema-wide", {
      name: literal(schemaWideRoleName(this.identity.key, this.access.databaseName)),
      login: false,
      skipReassignOwned: false,
    });
    return this.wideRole;
  }

  private order(key: string, resource: TerraformResource): void {
    this.resources.set(key, resource);
    dependOn(resource, this.groupRole);
    if (!key.startsWith('["database"')) dependOn(resource, ...this.prerequisites);
    else this.access.leases.registers(resource);
  }

  private statementsFor(): { creation: string[] } {
    try {
      return { creation: creationStatements(this.groupName) };
    } catch {
      // The name was reported where it was given; the check at synthesis throws before anything is written.
      return { creation: [] };
    }
  }

  private checkGroupName(name: string): void {
    const problem = databaseNameProblem(name);
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

  private here(): Provenance {
    return { path: this.node.path, source: userLine() };
  }
}
