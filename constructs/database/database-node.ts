import { Token } from "cdktf";
import { DatabaseNode, namesOfDatabase } from "../../access/model/graph";
import type { IDatabaseAccess } from "../contracts/database";
import { Address, addressFrom, AdminCredential } from "../contracts/postgres";
import type { IPostgresDatabase } from "../postgres/postgres-database";
import { vaultNamespaceOf } from "../private/vault-namespace";
import type { EffectiveLimits } from "./database-access-props";

/** What its node is made of. */
interface Described extends IDatabaseAccess {
  readonly database: IPostgresDatabase;
  readonly limits: EffectiveLimits;
  readonly _props: { readonly maxOpenConnections?: number; readonly rotateRoot?: boolean };
}

/** What the access graph says of a database whose grants this program makes. */
export function databaseNode(access: Described, source: string | undefined): DatabaseNode {
  const { database } = access;
  const { instance } = database;
  return {
    path: access.node.path,
    source: source,
    instance: instance.instanceName,
    database: access.databaseName,
    vaultNamespace: vaultNamespaceOf(access),
    mountPath: access.mountPath,
    vaultAddress: addressOf(addressFrom(access.endpoint, "vault")),
    owner: database.owner,
    admin: instance.admin.username,
    ...namesOfDatabase(access.databaseName),
    adminPassword: passwordPathOf(instance.admin),
    majorVersion: instance.majorVersion,
    sslMode: access.sslMode,
    leaseCap: access.limits.cap.toSeconds(),
    external: false,
    maxConnections: instance.maxConnections,
    reservedConnections: instance.reservedConnections ?? 10,
    vaultConnections: access._props.maxOpenConnections ?? 4,
    ...(access._props.rotateRoot === false && { vaultPassword: "kept" as const }),
    ...rightsOf(database),
  };
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
