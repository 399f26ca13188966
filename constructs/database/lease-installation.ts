import { Lazy, TerraformResource } from "cdktf";
import { FunctionResource } from "@cdktf/provider-postgresql/lib/function-resource";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { Schema } from "@cdktf/provider-postgresql/lib/schema";
import { Construct } from "constructs";
import { LEASE_PREFIX, vaultLoginEntry } from "../../access/model/names";
import { unescaped } from "../../access/terraform/expression";
import { IPostgresDatabase } from "../postgres/postgres-database";
import { findingsOf } from "../synthesis/check";
import { explained } from "../private/origin";
import { dependOn, literal } from "../private/terraform";
import { BootstrapPassword } from "../vault/bootstrap-password";
import { OrderedGrant } from "./grant-order";
import {
  LeaseFunction,
  RegisteredGroup,
  registrationName,
  renderLeaseFunctions,
  renderRegistration,
} from "./lease/lease-functions";
import { madeBy, madeIn } from "../private/options";

/** @internal */
export interface LeaseInstallationProps {
  readonly database: IPostgresDatabase;
  readonly login: string;
  readonly estate: Role;
  readonly kvMount: string;
  readonly passwordVersion: number;
}

/** @internal Somebody whose group is registered. */
export interface Registrant extends Construct {
  _registered(): RegisteredGroup;
}

/**
 * The schema `lease` of a database: the functions that issue, renew and end logins, and Vault's own login, which may execute them
 * and nothing else.
 *
 * The functions belong to the admin that Terraform logs in as, and change with Leasehold only. Each edge registers its group by a
 * function of its own. So a new workload changes nothing for another one, and a workload that is removed loses its rights with
 * that apply.
 */
export class LeaseInstallation extends Construct {
  /** Name of Vault's login. */
  readonly loginName: string;
  /** The L1s. */
  readonly schema: Schema;
  /** Vault's login. */
  readonly login: Role;
  /** The functions, in the order in which they are made. */
  readonly functions: FunctionResource[];
  /** The starting password of Vault's login: KV entry and ephemeral values. */
  readonly password: BootstrapPassword;
  /** Everything that a revocation needs: the mount must not outlive it. */
  readonly revocationNeeds: TerraformResource[];
  /** @internal What the functions say whatever is granted: this changes with Leasehold, and not with a program. */
  readonly _text: readonly LeaseFunction[];
  private readonly databaseName: string;
  /** @internal In the order in which they may be made. */
  readonly _grantResources: readonly OrderedGrant[];

  /** @internal */
  static _make(scope: Construct, id: string, props: LeaseInstallationProps): LeaseInstallation {
    return new LeaseInstallation(scope, id, props);
  }

  private constructor(scope: Construct, id: string, props: LeaseInstallationProps) {
    super(madeIn(scope, id, new.target), id);
    const { database } = madeBy("new DatabaseAccess(scope, id, { database })", LeaseInstallation, props, "database");
    this.databaseName = literal(database.databaseName);
    this.loginName = props.login;
    this.password = new BootstrapPassword(this, "Password", {
      mount: props.kvMount,
      path: vaultLoginEntry(database.instance.instanceName, database.databaseName),
      username: this.loginName,
      version: props.passwordVersion,
    });
    // All of this follows from the graph: each database has the same names. The password's entry is a setting of its
    // own, and the functions' text is part of the secrets mount's entry.
    this.login = explained(this.makeLogin(props.passwordVersion));
    this.schema = explained(new Schema(this, "Schema", { name: "lease", database: this.databaseName }));
    this._text = renderLeaseFunctions({ login: "login", estate: "estate", namePrefix: LEASE_PREFIX });
    this.functions = this.makeFunctions(props.estate).map(explained);
    this._grantResources = this.makeGrants();
    const grants = this._grantResources.map(({ resource }) => explained(resource));
    this.revocationNeeds = [this.login, ...grants, ...this.functions];
  }

  private makeLogin(passwordVersion: number): Role {
    const login = new Role(this, "Login", {
      name: literal(this.loginName),
      login: true,
      passwordWo: this.password.value.reference("data.password"),
      passwordWoVersion: String(passwordVersion),
      searchPath: ["pg_catalog"],
      // As for the group: nothing that a stranger owns becomes the admin's.
      skipReassignOwned: true,
    });
    dependOn(login, this.password.entry);
    return login;
  }

  private makeFunctions(estate: Role): FunctionResource[] {
    const render = (): readonly LeaseFunction[] => {
      try {
        return renderLeaseFunctions({
          login: this.loginName,
          estate: literalName(estate),
          namePrefix: LEASE_PREFIX,
        });
      } catch (error) {
        // The check reports what the renderer refuses, and with the user's line: so the check must come first.
        if (findingsOf(this).some(({ severity }) => severity === "error")) return this._text;
        throw error;
      }
    };
    const functions = this._text.map((signature) => {
      const resource = new FunctionResource(this, signature.name, {
        ...functionOf(signature, this.schema, this.databaseName),
        body: Lazy.stringValue({
          produce: () => literal((render().find((fn) => fn.name === signature.name) as LeaseFunction).body),
        }),
      });
      dependOn(resource, estate);
      return resource;
    });
    // A chain: only its first function names every registration.
    const [first, ...others] = functions;
    for (const fn of others) dependOn(fn, first as FunctionResource);
    return functions;
  }

  /** What Vault's login may do, and that PUBLIC may not. */
  private makeGrants(): OrderedGrant[] {
    const all = this._text.map(({ name }) => name).sort();
    const noPublic = this.grant("Nothing to PUBLIC", "public", "function", [], all);
    const connect = this.grant("Connect", this.login.name, "database", ["CONNECT"]);
    const usage = this.grant("Usage", this.login.name, "schema", ["USAGE"]);
    const execute = this.grant("Execute", this.login.name, "function", ["EXECUTE"], all);
    dependOn(noPublic, ...this.functions);
    dependOn(execute, ...this.functions, noPublic);
    // A function that is replaced loses its grants and gains PUBLIC's: make both again in the same apply.
    for (const resource of [noPublic, execute])
      resource.lifecycle = {
        replaceTriggeredBy: this.functions.map((fn) => `${fn.terraformResourceType}.${fn.friendlyUniqueId}.id`),
      };
    const functions = { kind: "function", schema: "lease" } as const;
    return [
      { resource: noPublic, object: functions },
      { resource: connect, object: { kind: "database" } },
      { resource: usage, object: { kind: "schema", schema: "lease" } },
      { resource: execute, object: functions },
    ];
  }

  private grant(id: string, role: string, objectType: string, privileges: string[], objects?: string[]): Grant {
    return new Grant(this, id, {
      database: this.databaseName,
      role,
      objectType,
      privileges,
      objects,
      schema: objectType === "database" ? undefined : this.schema.name,
    });
  }

  /**
   * @internal Registers an edge's group, when what its logins need is there. The first lease function depends on it,
   * and the others on the first. So a group is registered before the functions look for it, at an upgrade too. When it
   * goes, every lease of it ends first, then the registration goes, then the group.
   */
  _register(edge: Registrant, needs: readonly TerraformResource[]): FunctionResource {
    const group = (): RegisteredGroup => edge._registered();
    const render = (): LeaseFunction | undefined => {
      try {
        return renderRegistration(group());
      } catch (error) {
        if (findingsOf(this).some(({ severity }) => severity === "error")) return undefined;
        throw error;
      }
    };
    const shape = renderRegistration({ name: "group", maxTtlSeconds: 1, connectionLimit: 1, maxLiveLeases: 1 });
    const resource = new FunctionResource(edge, "Registration", {
      ...functionOf(shape, this.schema, this.databaseName),
      name: Lazy.stringValue({ produce: () => registrationName(group().name) }),
      body: Lazy.stringValue({ produce: () => literal(render()?.body ?? "") }),
    });
    dependOn(resource, ...needs);
    dependOn(this.functions[0] as FunctionResource, resource);
    return explained(resource);
  }
}

/** What the provider is told about a function, without its body. */
function functionOf(fn: LeaseFunction, schema: Schema, database: string) {
  return {
    name: fn.name,
    schema: schema.name,
    database,
    language: fn.language,
    returns: fn.returns,
    volatility: fn.volatility.toUpperCase(),
    securityDefiner: fn.securityDefiner,
    arg: fn.args.map((arg) => ({ name: arg.name, type: arg.type })),
  };
}

function literalName(role: Role): string {
  return unescaped(role.nameInput as string);
}
