import { databaseId, DatabaseNode, EdgeNode, formatObject, GrantNode, IdentityNode, Provenance } from "./graph";
import { formatSeconds } from "./duration";
import { identityId } from "./names";

/** The seven links of the chain, in the order in which a pod passes them. */
export type LinkName =
  "ServiceAccount" | "auth role" | "policy" | "database role" | "lease function" | "group role" | "grant";

/** One link of the way from a pod to a privilege. */
export interface Link {
  readonly link: LinkName;
  readonly system: "Kubernetes" | "Vault" | "PostgreSQL";
  /** Its name in that system. */
  readonly name: string;
  /** What it lets through, in words. */
  readonly detail: string;
  /** The statements that made it, one unless several made the grant. */
  readonly madeBy: readonly Provenance[];
}

/** What `linksOf` needs of a path. */
export interface Chain {
  readonly identity: IdentityNode;
  readonly edge: EdgeNode;
  readonly database: DatabaseNode;
  readonly grant?: GrantNode;
}

/** The seven links of a path, each with the statements that made it. */
export function linksOf(chain: Chain): Link[] {
  return [...kubernetesLinks(chain), ...vaultLinks(chain), ...postgresLinks(chain)];
}

function kubernetesLinks({ identity }: Chain): Link[] {
  const { key, audience } = identity;
  return [
    {
      link: "ServiceAccount",
      system: "Kubernetes",
      name: `${key.namespace}/${key.serviceAccount}`,
      detail: `in cluster ${key.cluster}, with a token for the audience ${audience}`,
      madeBy: [place(identity)],
    },
  ];
}

function vaultLinks({ identity, edge, database }: Chain): Link[] {
  const bound = identity.external
    ? `declared elsewhere: it must list the policy ${edge.policy}`
    : `bound to ${identityId(identity.key)} alone`;
  const server = database.vaultAddress === undefined ? "" : `, the server ${database.vaultAddress}`;
  return [
    {
      link: "auth role",
      system: "Vault",
      name: `auth/${identity.authPath}/role/${identity.authRole}`,
      detail: `${bound}${knownBy(identity)}`,
      madeBy: [place(identity)],
    },
    {
      link: "policy",
      system: "Vault",
      name: edge.policy,
      detail: `read on ${edge.mountPath}/creds/${edge.databaseRole}`,
      madeBy: [place(edge)],
    },
    {
      link: "database role",
      system: "Vault",
      name: `${edge.mountPath}/roles/${edge.databaseRole}`,
      detail: `issues logins to ${databaseId(database)}${server}`,
      madeBy: [place(edge)],
    },
  ];
}

function postgresLinks({ edge, database, grant }: Chain): Link[] {
  return [
    {
      link: "lease function",
      system: "PostgreSQL",
      name: "lease.issue",
      detail: `in ${database.database}, executed by Vault's own login ${database.vaultLogin}`,
      madeBy: [place(database)],
    },
    {
      link: "group role",
      system: "PostgreSQL",
      name: edge.groupRole,
      detail: membership(edge, database, grant),
      madeBy: [place(edge)],
    },
    {
      link: "grant",
      system: "PostgreSQL",
      name: grant?.privilege ?? "ALL",
      detail: grant ? `on ${formatObject(grant.object)}` : `on everything that ${edge.actsAs ?? database.owner} owns`,
      madeBy: grant?.grantedBy ?? [place(edge)],
    },
  ];
}

function knownBy({ authHost, tokenIssuer, issuerKeys, deletedPodToken }: IdentityNode): string {
  if (tokenIssuer === undefined) return authHost === undefined ? "" : `; Vault asks ${authHost} who a pod is`;
  const keys = issuerKeys === undefined ? "" : ` and the keys ${issuerKeys.join(", ")}`;
  const after =
    deletedPodToken === undefined
      ? ""
      : `: a token works for ${formatSeconds(deletedPodToken)} after its pod was deleted`;
  return `; Vault knows a pod by the issuer ${tokenIssuer}${keys}, and asks nobody${after}`;
}

/** Whether the privilege is held by the role of what was granted on all of a schema, and not by the group role itself. */
function schemaWide({ object }: GrantNode): boolean {
  return object.name === undefined && object.kind !== "schema" && object.kind !== "database";
}

function membership(edge: EdgeNode, database: DatabaseNode, grant?: GrantNode): string {
  const member = "each login is a member of it";
  if (!grant) return `${member}, it is one of ${edge.actsAs ?? database.owner}, and sessions act as that`;
  return schemaWide(grant) ? `${member}, and it is one of ${edge.schemaWideRole}` : member;
}

function place({ path, source }: Provenance): Provenance {
  return source === undefined ? { path } : { path, source };
}
