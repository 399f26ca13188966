import { Lazy, TerraformResource } from "cdktf";
import { FunctionResource } from "@cdktf/provider-postgresql/lib/function-resource";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { Schema } from "@cdktf/provider-postgresql/lib/schema";
import { Construct } from "constructs";
import { vaultLoginEntry } from "../../access/model/names";
import { IPostgresDatabase } from "../postgres/postgres-database";
import { findingsOf } from "../synthesis/check";
import { explained } from "../private/kept";
import { EphemeralResource, dependOn, literal } from "../private/terraform";
import { BootstrapPassword } from "../vault/bootstrap-password";
import type { AccessEdge } from "./access-edge";
import { LeaseFunction, renderLeaseFunctions } from "./lease/lease-functions";

/** The prefix of every leased login's name. */
export const LEASE_PREFIX = "v-";

/** @internal */
export interface LeaseInstallationProps {
  readonly database: IPostgresDatabase;
  readonly login: string;
  readonly estate: Role;
  readonly kvMount: string;
  readonly passwordVersion: number;
  readonly edges: () => readonly AccessEdge[];
}

/**
 * The schema `lease` of a database: the functions that issue, renew and end logins, and Vault's own login, which may
 * execute them and nothing else.
 *
 * The functions belong to the admin that Terraform logs in as; the groups they know are constants in their bodies, so
 * that a workload taken away loses its rights with that apply.
 */
export class LeaseInstallation extends Construct {
  /** Name of Vault's login. */
  readonly loginName: string;
  /** The L1s. */
  readonly schema: Schema;
  readonly login: Role;
  readonly functions: FunctionResource[];
  /** The starting password of Vault's login: KV entry and ephemeral values. */
  readonly password: BootstrapPassword;
  /** Everything that a revocation needs: the mount must not outlive it. */
  readonly revocationNeeds: TerraformResource[];
  /** @internal What the functions say whatever is granted: this changes with Leasehold, and not with a program. */
  readonly _text: readonly LeaseFunction[];
  /** @internal In the order in which they may be made. */
  readonly _grantResources: readonly TerraformResource[];

  /** @internal */
  static _make(scope: Construct, id: string, props: LeaseInstallationProps): LeaseInstallation {
    return new LeaseInstallation(scope, id, props);
  }

  private constructor(scope: Construct, id: string, props: LeaseInstallationProps) {
    super(scope, id);
    const { database } = props;
    const databaseName = literal(database.databaseName);
    this.loginName = props.login;
    this.password = new BootstrapPassword(this, "Password", {
      mount: props.kvMount,
      path: vaultLoginEntry(database.instance.instanceName, database.databaseName),
      username: this.loginName,
      version: props.passwordVersion,
    });
    const current: EphemeralResource = this.password.value;

    // All of this follows from the graph: the same names for each database, and in the functions the groups and limits of its
    // edges. The entry of the password is a setting of its own; the functions' text is part of the secrets mount's.
    this.login = explained(
      new Role(this, "Login", {
        name: literal(this.loginName),
        login: true,
        passwordWo: current.reference("data.password"),
        passwordWoVersion: String(props.passwordVersion),
        searchPath: ["pg_catalog"],
        // As for the group: nothing of a stranger's becomes the admin's.
        skipReassignOwned: true,
      }),
    );
    dependOn(this.login, this.password.entry);
    this.schema = explained(new Schema(this, "Schema", { name: "lease", database: databaseName }));

    const render = (): LeaseFunction[] => {
      try {
        return renderNow();
      } catch (error) {
        // What the renderer refuses the check reports with its line: let it come first.
        if (findingsOf(this).some(({ severity }) => severity === "error")) return signatures;
        throw error;
      }
    };
    const renderNow = (): LeaseFunction[] => {
      const registrations = props.edges().map((edge) => edge._registration());
      return renderLeaseFunctions({
        login: this.loginName,
        estate: literalName(props.estate),
        namePrefix: LEASE_PREFIX,
        groups: registrations.map(({ name, maxTtlSeconds, connectionLimit, maxLiveLeases }) => ({
          name,
          maxTtlSeconds,
          connectionLimit,
          maxLiveLeases,
        })),
        reassignTo: Object.fromEntries(
          registrations.filter((r) => r.actsAs !== undefined).map((r) => [r.name, r.actsAs as string]),
        ),
      });
    };
    const signatures = renderLeaseFunctions({ login: "login", estate: "estate", namePrefix: LEASE_PREFIX, groups: [] });
    this._text = signatures;
    this.functions = signatures.map((signature) => {
      const resource = new FunctionResource(this, signature.name, {
        name: signature.name,
        schema: this.schema.name,
        database: databaseName,
        language: signature.language,
        returns: signature.returns,
        volatility: signature.volatility.toUpperCase(),
        securityDefiner: signature.securityDefiner,
        arg: signature.args.map((arg) => ({ name: arg.name, type: arg.type })),
        body: Lazy.stringValue({
          produce: () => literal((render().find((fn) => fn.name === signature.name) as LeaseFunction).body),
        }),
      });
      dependOn(resource, props.estate);
      return explained(resource);
    });

    const grant = (
      grantId: string,
      role: string,
      objectType: string,
      privileges: string[],
      objects?: string[],
    ): Grant =>
      new Grant(this, grantId, {
        database: databaseName,
        role,
        objectType,
        privileges,
        objects,
        schema: objectType === "database" ? undefined : this.schema.name,
      });
    const all = signatures.map((signature) => signature.name).sort();
    const executable = signatures
      .filter((signature) => signature.executable)
      .map((signature) => signature.name)
      .sort();
    const noPublic = grant("Nothing to PUBLIC", "public", "function", [], all);
    const connect = grant("Connect", this.login.name, "database", ["CONNECT"]);
    const usage = grant("Usage", this.login.name, "schema", ["USAGE"]);
    const execute = grant("Execute", this.login.name, "function", ["EXECUTE"], executable);
    dependOn(noPublic, ...this.functions);
    dependOn(execute, ...this.functions, noPublic);
    // A function that is replaced loses its grants and gains PUBLIC's: make both again in the same apply.
    for (const resource of [noPublic, execute])
      resource.lifecycle = {
        replaceTriggeredBy: this.functions.map((fn) => `${fn.terraformResourceType}.${fn.friendlyUniqueId}.id`),
      };
    this._grantResources = [noPublic, connect, usage, execute].map(explained);
    this.revocationNeeds = [this.login, connect, usage, execute, noPublic, ...this.functions];
  }

  /**
   * @internal A group role, or what makes it useful, that the functions name. Recorded as their dependency, so that a
   * group is taken out of the functions before it is dropped, and dropped after every lease of it ended.
   */
  _registers(...resources: readonly TerraformResource[]): void {
    for (const fn of this.functions) dependOn(fn, ...resources);
  }
}

function literalName(role: Role): string {
  return (role.nameInput as string).replace(/([$%])\1\{/g, "$1{");
}
