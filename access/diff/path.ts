import type { DatabaseNode, EdgeNode, IdentityNode } from "../model/graph";

/** What is on the way from a ServiceAccount to an object, in the order of the chain: names of links, and limits. */
export const LINKS = [
  "auth method",
  "auth role",
  "audience",
  "token keys",
  "auth role is made",
  "policy",
  "mount",
  "database role",
  "connection",
  "Vault's login",
  "group role",
  "schema-wide role",
  "acts as",
  "owner",
  "estate role",
  "connections of a login",
  "live leases",
  "delivered to",
  "pods",
  "starts",
  "demands",
  "runs",
  "runs on",
] as const;

export type PathLink = (typeof LINKS)[number];

/** What stands at each link. Two paths are the same when all links are. */
export type Path = Readonly<Partial<Record<PathLink, readonly string[]>>>;

/** A path in Vault, as people tell those of different namespaces apart. */
export function inNamespace({ vaultNamespace }: { readonly vaultNamespace?: string }, path: string): string {
  return vaultNamespace === undefined ? path : `${path} in namespace ${vaultNamespace}`;
}

export function identityPath(identity: IdentityNode): Path {
  return {
    "auth method": [inNamespace(identity, identity.authPath)],
    "auth role": [identity.authRole],
    audience: [identity.audience],
    "token keys": tokenKeys(identity),
    "auth role is made": [identity.external ? "elsewhere" : "here"],
  };
}

/** By what Vault knows that a token is the cluster's: each key of its issuer. None where it asks the API server. */
function tokenKeys({ tokenIssuer, issuerKeys = ["of another program"] }: IdentityNode): string[] {
  return tokenIssuer === undefined ? [] : issuerKeys.map((key) => `${tokenIssuer}: ${key}`);
}

export function databasePath(node: DatabaseNode): Path {
  return {
    connection: [node.connection],
    "Vault's login": [node.vaultLogin],
    owner: [node.owner],
    "estate role": [node.estateRole],
  };
}

export function edgePath(edge: EdgeNode): Path {
  return {
    policy: [edge.policy],
    mount: [edge.mountPath],
    "database role": [edge.databaseRole],
    "group role": [edge.groupRole],
    "schema-wide role": [edge.schemaWideRole],
    "acts as": edge.actsAs === undefined ? [] : [edge.actsAs],
    "connections of a login": [String(edge.connectionLimit)],
    "live leases": [String(edge.maxLiveLeases)],
  };
}
