import { TerraformResource } from "cdktf";
import { IConstruct } from "constructs";
import { Duration } from "../../access/model/duration";
import { IGrantee } from "./identity";
import { PostgresEndpoint, SslMode } from "./postgres";

/** A database from which credentials can be delivered. */
export interface IDatabaseAccess extends IConstruct {
  /** Path of its secrets mount in Vault. */
  readonly mountPath: string;
  /** Name of the database on the server. */
  readonly databaseName: string;
  /** Where pods find it. */
  readonly endpoint: PostgresEndpoint;
  /** How pods check the server. */
  readonly sslMode: SslMode;
  /** CA of the server's certificate, PEM. */
  readonly ca?: string;
  /** Path from which this identity reads its credentials. */
  credentialsPath(who: IGrantee): string;
  /** The longest time that any lease of the database may live. */
  readonly leaseMaxTtl: Duration;
  /** Role that the sessions of this identity's logins must start as: a migration's owner role. @default - none: as themselves */
  actsAs(who: IGrantee): string | undefined;
}

/** @internal A database whose grants this program makes: it tells what a login of an identity waits for. */
export interface GrantedHere extends IDatabaseAccess {
  _edgeOf(who: IGrantee): { readonly databaseRole: TerraformResource; readonly policy: TerraformResource } | undefined;
}

/** @internal Whether this program makes the grants of a database. */
export function isGrantedHere(database: IDatabaseAccess): database is GrantedHere {
  return typeof (database as Partial<GrantedHere>)._edgeOf === "function";
}
