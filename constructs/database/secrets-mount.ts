import { DatabaseSecretsMount } from "@cdktf/provider-vault/lib/database-secrets-mount";
import { GenericEndpoint } from "@cdktf/provider-vault/lib/generic-endpoint";
import { Construct } from "constructs";
import { LEASE_USERNAME_TEMPLATE } from "../../access/model/names";
import { Duration } from "../../access/model/duration";
import { addressFrom, encode } from "../contracts/postgres";
import { IPostgresDatabase } from "../postgres/postgres-database";
import { explained, setting } from "../private/origin";
import { dependOn, literal } from "../private/terraform";
import { creationStatements, renewStatements, revocationStatements, rollbackStatements } from "./lease/lease-functions";
import { rotationStatements, trialOf, trialRole } from "../../access/model/ready";
import { LeaseInstallation } from "./lease-installation";
import { madeBy, madeIn } from "../private/options";

/** @internal */
export interface SecretsMountProps {
  readonly path: string;
  /** Name of its one connection. */
  readonly connection: string;
  readonly database: IPostgresDatabase;
  readonly leases: LeaseInstallation;
  readonly passwordVersion: number;
  readonly rotateRoot: boolean;
  readonly maxOpenConnections: number;
  readonly limits: { readonly ttl: Duration; readonly maxTtl: Duration; readonly cap: Duration };
}

/**
 * The secrets mount of one database with its one connection, as one resource. As two resources, a `destroy` with live leases
 * would fail and leave users behind (hashicorp/terraform-provider-vault#1546).
 */
export class SecretsMount extends Construct {
  /** Name of the one connection. */
  readonly connectionName: string;
  /** The L1. */
  readonly resource: DatabaseSecretsMount;
  /**
   * The L1 of the rotation of Vault's own password. It fails where a pod could not get a login: the apply ends with what is wrong and
   * the remedy.
   *
   * @default - made unless `rotateRoot` is false
   */
  readonly rotation?: GenericEndpoint;
  /**
   * The L1 of what fails where a pod could not get a login: the rotation, or else a static role of Vault that tries it and changes no
   * password.
   */
  readonly trial: GenericEndpoint;

  /** @internal */
  static _make(scope: Construct, id: string, props: SecretsMountProps): SecretsMount {
    return new SecretsMount(scope, id, props);
  }

  private constructor(scope: Construct, id: string, props: SecretsMountProps) {
    super(madeIn(scope, id, new.target), id);
    madeBy("new DatabaseAccess(scope, id, { database })", SecretsMount, props, "database");
    this.connectionName = props.connection;
    this.resource = this.noted(this.makeMount(props), props);
    dependOn(this.resource, props.leases.password.entry, ...props.leases.revocationNeeds);
    if (props.rotateRoot) this.rotation = this.makeRotation(props, this.makeRotationStatements(props));
    this.trial = this.rotation ?? this.makeTrial(props);
  }

  private makeMount(props: SecretsMountProps): DatabaseSecretsMount {
    const { instance, databaseName } = props.database;
    const { host, port } = addressFrom(instance.endpoint, "vault");
    const parameters = [`sslmode=${instance.sslMode}`, "target_session_attrs=read-write", "application_name=vault"];
    return new DatabaseSecretsMount(this, "Resource", {
      path: literal(props.path),
      description: literal(`Leasehold: logins to ${databaseName} on ${instance.instanceName}`),
      defaultLeaseTtlSeconds: props.limits.ttl.toSeconds(),
      maxLeaseTtlSeconds: props.limits.cap.toSeconds(),
      postgresql: [
        {
          name: this.connectionName,
          connectionUrl: literal(
            `postgresql://{{username}}:{{password}}@${host}:${port}/${encode(databaseName)}?${parameters.join("&")}`,
          ),
          username: literal(props.leases.loginName),
          passwordWo: props.leases.password.value.reference("data.password"),
          passwordWoVersion: props.passwordVersion,
          // Vault hands the lease functions a SCRAM verifier: no clear password reaches PostgreSQL's log.
          passwordAuthentication: "scram-sha-256",
          usernameTemplate: LEASE_USERNAME_TEMPLATE,
          verifyConnection: true,
          maxOpenConnections: props.maxOpenConnections,
          maxIdleConnections: props.maxOpenConnections,
          tlsCa: instance.ca === undefined ? undefined : literal(instance.ca),
          // Every role of this mount. A list would change with each workload and keep nobody out: whoever may write
          // `roles/*` here may change the statements of a role in the list, and operators may write the list.
          allowedRoles: ["*"],
        },
      ],
      // The provider reads them back and never sends them; `makeRotationStatements` does. Each plan would want to take them away.
      lifecycle: { ignoreChanges: ["postgresql[0].root_rotation_statements"] },
    });
  }

  /** The mount, with what the access report says of it. */
  private noted(mount: DatabaseSecretsMount, props: SecretsMountProps): DatabaseSecretsMount {
    const { endpoint, ca } = props.database.instance;
    return setting(mount, {
      // The database's node says it, and the diff has a verdict for it.
      explained: [["max_lease_ttl_seconds"]],
      // What all workloads of the database share. It is listed here once, and not for each of them.
      shared: () => ({
        endpoint: addressFrom(endpoint, "pods"),
        fromClusters: endpoint.fromClusters,
        fromMigrations: endpoint.fromMigrations,
        ca,
        functions: props.leases._text,
        statements: [
          creationStatements("group"),
          [...renewStatements],
          [...revocationStatements],
          [...rollbackStatements],
          ...(props.rotateRoot ? [[...rotationStatements]] : []),
        ],
      }),
    });
  }

  /** What Vault runs when it rotates its own password. A resource of its own: the provider never sends those of the mount's block. */
  private makeRotationStatements(props: SecretsMountProps): GenericEndpoint {
    const statements = new GenericEndpoint(this, "Rotation statements", {
      path: literal(`${props.path}/config/${this.connectionName}`),
      dataJson: literal(JSON.stringify({ root_rotation_statements: rotationStatements })),
      disableRead: true,
      // The connection goes with its mount.
      disableDelete: true,
    });
    dependOn(statements, this.resource);
    return explained(statements);
  }

  private makeRotation(props: SecretsMountProps, statements: GenericEndpoint): GenericEndpoint {
    const rotation = new GenericEndpoint(this, "Rotate root", {
      path: literal(`${props.path}/rotate-root/${this.connectionName}`),
      // Vault ignores the field. A new version changes the request, and so causes a new rotation.
      dataJson: JSON.stringify({ passwordVersion: props.passwordVersion }),
      disableRead: true,
      disableDelete: true,
    });
    dependOn(rotation, statements);
    return setting(rotation);
  }

  /** Vault runs the statements when it makes the role, and makes none where one of them fails. */
  private makeTrial(props: SecretsMountProps): GenericEndpoint {
    const trial = new GenericEndpoint(this, "Trial", {
      path: literal(`${props.path}/static-roles/${trialRole(props.passwordVersion)}`),
      dataJson: literal(JSON.stringify(trialOf(this.connectionName, props.leases.loginName))),
      disableRead: true,
    });
    dependOn(trial, this.resource);
    return setting(trial);
  }
}
