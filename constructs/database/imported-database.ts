import { Construct } from "constructs";
import type { Duration } from "../../access/model/duration";
import { DatabaseNode, namesOfDatabase } from "../../access/model/graph";
import { databaseRoleName } from "../../access/model/names";
import type { IDatabaseAccess } from "../contracts/database";
import { requiredIdentity } from "../identity/grantee";
import type { IGrantee } from "../contracts/identity";
import { checkEndpoint, PostgresEndpoint, SslMode } from "../contracts/postgres";
import { checkCertificates } from "../private/certificates";
import { mark } from "../private/guards";
import { checkedOptions, madeIn } from "../private/options";
import { reportPlaceholders } from "../private/placeholders";
import { userLine } from "../private/source-line";
import { vaultNamespaceOf } from "../private/vault-namespace";
import { DatabaseAccessAttributes, DEFAULT_CAP } from "./database-access-props";
import { checkNames } from "./database-checks";

/** A database whose grants are managed by another program; here credentials are only delivered from it. */
export function databaseOfMount(scope: Construct, id: string, given: DatabaseAccessAttributes): IDatabaseAccess {
  const attributes = checkedOptions(scope, "DatabaseAccessAttributes", given, id);
  const imported = new ImportedDatabase(scope, id, attributes);
  mark(imported, "DatabaseAccess");
  reportPlaceholders(imported, ["as pods see it, host", attributes.endpoint.host]);
  checkNames(imported);
  checkEndpoint(imported, attributes.endpoint);
  checkCertificates(imported, "`ca`", attributes.ca, true);
  return imported;
}

class ImportedDatabase extends Construct implements IDatabaseAccess {
  readonly mountPath: string;
  readonly databaseName: string;
  readonly endpoint: PostgresEndpoint;
  readonly sslMode: SslMode;
  readonly ca?: string;
  readonly leaseMaxTtl: Duration;
  private readonly source = userLine();

  constructor(scope: Construct, id: string, attributes: DatabaseAccessAttributes) {
    super(madeIn(scope, id, new.target), id);
    this.mountPath = attributes.mountPath;
    this.databaseName = attributes.databaseName;
    this.endpoint = attributes.endpoint;
    this.sslMode = attributes.sslMode ?? "verify-full";
    this.ca = attributes.ca;
    this.leaseMaxTtl = attributes.leaseMaxTtl ?? DEFAULT_CAP;
  }

  credentialsPath(who: IGrantee): string {
    return `${this.mountPath}/creds/${databaseRoleName(requiredIdentity(this, `who is asked about in ${this.databaseName}`, who).key)}`;
  }

  actsAs(): undefined {
    return undefined;
  }

  _graphNode(): DatabaseNode {
    return {
      path: this.node.path,
      source: this.source,
      instance: "",
      database: this.databaseName,
      vaultNamespace: vaultNamespaceOf(this),
      mountPath: this.mountPath,
      owner: "",
      ...namesOfDatabase(this.databaseName),
      majorVersion: 0,
      sslMode: this.sslMode,
      leaseCap: this.leaseMaxTtl.toSeconds(),
      external: true,
    };
  }
}
