import { checkGiven } from "./given";
import { CONNECTION_NAME, estateRoleName, identityId, IdentityKey, vaultLoginName } from "./names";
import type { KnownRight, KnownRights } from "./known-rights";
import { ObjectKind, Privilege } from "./privileges";

/**
 * The access graph: who may touch what, for how long and by which path, as plain data without cdktf.
 *
 * Terraform JSON, the access matrix and the checks are renderings of it. It holds no secret, and only names that were
 * computed by the pure functions of names.ts or given by the user.
 */
export interface AccessGraph {
  readonly identities: readonly IdentityNode[];
  readonly databases: readonly DatabaseNode[];
  readonly edges: readonly EdgeNode[];
  readonly deliveries: readonly DeliveryNode[];
  /** Who runs as whom. Absent in a report that was written before workloads were part of it: then it is not known. */
  readonly workloads?: readonly WorkloadNode[];
}

/** Where a statement was made. */
export interface Provenance {
  readonly path: string;
  /** `file:line` of the user's program, where it could be told. */
  readonly source?: string;
}

/** A Kubernetes ServiceAccount and the auth role with which it logs in to Vault. */
export interface IdentityNode extends Provenance {
  readonly key: IdentityKey;
  /** Namespace of Vault (Enterprise, HCP) that its auth role is in. Absent in the root namespace. */
  readonly vaultNamespace?: string;
  readonly authPath: string;
  /** API server that its auth method asks who a pod is. Absent where another program configures it, or where it is known only when Terraform runs. */
  readonly authHost?: string;
  /**
   * Issuer of the cluster's tokens where Vault checks them by the issuer's keys, and asks nobody whether the pod is still there. Absent
   * where it asks the API server.
   */
  readonly tokenIssuer?: string;
  /**
   * The keys by which Vault knows that issuer's signature: the SHA-256 of each public key, or the URL at which Vault
   * finds them and the SHA-256 of that URL's CA. Absent where another program configures it.
   */
  readonly issuerKeys?: readonly string[];
  /** Seconds that a token of a pod that was deleted may still log in. Absent where Vault asks the API server, which refuses it at once. */
  readonly deletedPodToken?: number;
  readonly authRole: string;
  /** Audience that the ServiceAccount's token must carry. */
  readonly audience: string;
  /** Seconds that the token outlives an agent that died. */
  readonly tokenTtl: number;
  /** Seconds after which the agent logs in anew; every lease ends with its token. */
  readonly tokenMaxTtl: number;
  /** Policies other than those of the edges: shown, not interpreted. */
  readonly policies: readonly string[];
  /** The identity is declared elsewhere; only its name is used here. */
  readonly external: boolean;
  /** Seconds that a stolen login may live at most, as the program says it. Absent where it does not. */
  readonly exposure?: number;
}

/** A database of a PostgreSQL instance, and the secrets mount that issues logins to it. */
export interface DatabaseNode extends Provenance {
  /** `""` of a database that another program grants, and absent in the file. */
  readonly instance: string;
  readonly database: string;
  /** Namespace of Vault (Enterprise, HCP) that its mount is in. Absent in the root namespace. */
  readonly vaultNamespace?: string;
  readonly mountPath: string;
  /** `host:port` of the server, as Vault sees it. Absent where another program makes its mount, or where it is known only when Terraform runs. */
  readonly vaultAddress?: string;
  /** As the instance. */
  readonly owner: string;
  /**
   * The login that Terraform uses on the server. Absent where another program grants on the database, and in a report
   * from before this field.
   */
  readonly admin?: string;
  /** Vault's own login on the server: it may execute the lease functions of this database and nothing else. */
  readonly vaultLogin: string;
  /** The role that inherits what ended logins owned. It has no rights and cannot log in. */
  readonly estateRole: string;
  /** Name of the mount's one connection in Vault. */
  readonly connection: string;
  /** Path in Vault of that login's password, as a policy names it. Absent where `admin` is, and in a report from before this field. */
  readonly adminPassword?: string;
  /** 0 of a database that another program grants, and absent in the file. */
  readonly majorVersion: number;
  readonly sslMode: string;
  /** Seconds; no lease of the database may be asked to live longer. */
  readonly leaseCap: number;
  /** Granted and issued by another program; here it is only delivered from. */
  readonly external: boolean;
  /** `max_connections` of the server. Absent where it is not known. */
  readonly maxConnections?: number;
  /** Connections of the server that are kept for others than workloads and Vault. Absent where it is not known. */
  readonly reservedConnections?: number;
  /** Connections that Vault itself keeps to the database. Absent where another program makes its mount. */
  readonly vaultConnections?: number;
  /** Where Vault leaves the password of its own login as KV has it. Absent where it rotates it, and where another program makes its mount. */
  readonly vaultPassword?: "kept";
  /**
   * True where it is not known what PUBLIC and the owners may do in the database, since Leasehold did not make it. What
   * PUBLIC may do, each login may do. Absent where Leasehold made the database and took these rights from PUBLIC, where
   * another program grants on it, and in a report from before this field.
   */
  readonly publicRights?: "unknown";
  /** What was looked up of it, and given to the program. Absent where nothing was. */
  readonly knownRights?: LookedUp;
}

/** Names that follow from a database's own name, as its node says them: whoever needs one takes it from the node. */
export function namesOfDatabase(database: string): Pick<DatabaseNode, "vaultLogin" | "estateRole" | "connection"> {
  return { vaultLogin: vaultLoginName(database), estateRole: estateRoleName(database), connection: CONNECTION_NAME };
}

/** What PUBLIC and the owners may do in a database that Leasehold did not make, and the day on which that was looked up. */
export type LookedUp = Pick<KnownRights, "lookedUp" | "rights">;

/** `main/shop`: a database as people tell those of several servers apart. */
export function databaseId({ instance, database }: Pick<DatabaseNode, "instance" | "database">): string {
  return `${instance}/${database}`;
}

/** Databases of which it is not known what PUBLIC and the owners may do, each once. */
export function unknownRights({ databases }: Pick<AccessGraph, "databases">): DatabaseNode[] {
  const unknown = databases.filter(({ publicRights }) => publicRights === "unknown");
  return [...new Map(unknown.map((node) => [JSON.stringify([node.instance, node.database]), node])).values()];
}

/** An object on which a privilege is granted. */
export interface AccessObject {
  /** What kind of object it is. */
  readonly kind: ObjectKind;
  /** The schema that it is in. @default - of the database itself, none */
  readonly schema?: string;
  /** Its name. @default - with a schema, all objects of the kind in the schema, those to come included */
  readonly name?: string;
  /** The column. @default - with kind `column` it is named, else none */
  readonly column?: string;
}

/** A right as a grant has it; not of a role. CREATE and MAINTAIN answer no question about a single privilege. */
export function rightGrant({ kind, schema, name, column, privilege }: KnownRight): {
  readonly object: AccessObject;
  readonly privilege: Privilege;
} {
  const object = {
    kind: kind as ObjectKind,
    ...(schema !== undefined && { schema }),
    ...(name !== undefined && { name }),
    ...(column !== undefined && { column }),
  };
  return { object, privilege: privilege as Privilege };
}

/** One privilege on one object, with every line that granted it. */
export interface GrantNode {
  readonly object: AccessObject;
  readonly privilege: Privilege;
  readonly grantedBy: readonly Provenance[];
}

/** What one identity may do in one database. */
export interface EdgeNode extends Provenance {
  readonly identity: string;
  readonly mountPath: string;
  readonly groupRole: string;
  /** The role, of which the group role is a member, that holds what is granted on all of a schema. It is made only where something is. */
  readonly schemaWideRole: string;
  readonly databaseRole: string;
  readonly policy: string;
  /** Role that each lease acts as, for a migration: the tables that it makes belong to that role. */
  readonly actsAs?: string;
  /** Seconds until a lease that is not renewed ends. */
  readonly leaseTtl: number;
  /** Seconds after which no lease is renewed; the next login is another one. */
  readonly leaseMaxTtl: number;
  readonly connectionLimit: number;
  readonly maxLiveLeases: number;
  readonly grants: readonly GrantNode[];
}

/** A workload that asks for credentials. */
export interface DeliveryNode extends Provenance {
  readonly workload: string;
  readonly identity: string;
  readonly mountPath: string;
  readonly file: string;
  /** Connections that a pod's pool opens with one login. Absent where nobody said it: as many as one login may have. */
  readonly pool?: number;
}

/** Kinds of Kubernetes workloads that a construct of ours makes. */
export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob";

/** A container of a workload's pods: what runs with its logins. */
export interface ContainerNode {
  readonly name: string;
  /** Absent where it is known only when Terraform runs; then the workload is listed under `unclassified`. */
  readonly image?: string;
  /** SHA-256, in hex, of its command, environment, probes and whatever else it says, but for what it may use of its node. */
  readonly runs: string;
  /** It runs before the others. */
  readonly init?: true;
}

/** Something that the owner of a workload must write into its pods. */
export interface DemandNode {
  /** `annotation vault.hashicorp.com/role`, `volume vault-token`; of what the rest of the graph does not explain the option's name. */
  readonly name: string;
  /** SHA-256, in hex, of what it must be. */
  readonly says: string;
  /** The rest of the graph does not explain it: another one may let somebody in. */
  readonly opens?: true;
}

/** A workload whose pods run as an identity, whether it asks for credentials or not: a pod that runs as it may log in as it. */
export interface WorkloadNode extends Provenance {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  /** Its name in Kubernetes; of a Job whose name changes with what it runs, the part that stays. */
  readonly name: string;
  readonly identity: string;
  /** Pods that run at once, without those of a rollout: 0 also of what is suspended or never starts. Absent where it is not known. */
  readonly pods?: number;
  /** Pods that a rollout may add to them. Absent where it adds none, and where `pods` is absent. */
  readonly surge?: number;
  /** Seconds that the app has to end. Absent where pods end by themselves. */
  readonly drain?: number;
  /** Seconds until Kubernetes kills what is left of a pod that was told to end. Absent where it is the 30 of Kubernetes itself. */
  readonly grace?: number;
  /** Seconds that a rollout may take. Absent where nobody said it. */
  readonly rollout?: number;
  /** When pods of a CronJob start, and for how long pods of a Job may run. Absent of all others, and in a report that did not say it yet. */
  readonly starts?: string;
  /** What its owner must write into its pods. Absent of one that is deployed here, and in a report that did not say it yet. */
  readonly demands?: readonly DemandNode[];
  /** What its pods run. Absent where another tool deploys the workload, and in a report from before this field. */
  readonly containers?: readonly ContainerNode[];
  /** SHA-256, in hex, of what is said about its nodes, its pull secrets and the group of its files. Absent where nothing is. */
  readonly placement?: string;
}

/** `Deployment eu/shop/web`: a workload as people write it, with the cluster of the identity that it runs as. */
export function workloadName({ kind, namespace, name, identity }: WorkloadNode): string {
  return `${kind} ${identity.split("/")[0]}/${namespace}/${name}`;
}

/** The object as people write it: `sales.wizard`, `sales.wizard(name)`, `staff.*`. */
export function formatObject(object: AccessObject): string {
  checkGiven(
    typeof object?.kind === "string",
    "the object",
    object,
    "give one of a graph, such as { kind, schema, name }",
  );
  if (object.kind === "database") return "the database";
  if (object.kind === "schema") return `schema ${object.schema}`;
  const kind = object.kind === "sequence" || object.kind === "function" ? `${object.kind} ` : "";
  if (object.name === undefined) return `${kind}${object.schema}.* (and those to come)`;
  const name = `${kind}${object.schema}.${object.name}`;
  return object.column === undefined ? name : `${name}(${object.column})`;
}

/** A stable key of an object: equal objects have equal keys, whatever characters their names hold. */
export function objectKey(object: AccessObject): string {
  return JSON.stringify([object.kind, object.schema ?? null, object.name ?? null, object.column ?? null]);
}

/** Compares strings by code unit: the same order on every machine, unlike localeCompare. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The graph with every list in a fixed order, so that the order of statements leaves no trace. */
export function sortGraph(graph: AccessGraph): AccessGraph {
  const by =
    <T>(key: (item: T) => string) =>
    (a: T, b: T): number =>
      byCodeUnit(key(a), key(b));
  const place = (p: Provenance): string => `${p.path}\n${p.source ?? ""}`;
  return {
    identities: [...graph.identities].sort(by((i) => identityId(i.key))),
    databases: [...graph.databases].sort(by((d) => d.mountPath)),
    edges: [...graph.edges].sort(by((e) => `${e.identity}\n${e.mountPath}`)).map((edge) => ({
      ...edge,
      grants: [...edge.grants]
        .sort(by((g) => `${objectKey(g.object)}\n${g.privilege}`))
        .map((grant) => ({ ...grant, grantedBy: [...grant.grantedBy].sort(by(place)) })),
    })),
    deliveries: [...graph.deliveries].sort(by((d) => `${d.identity}\n${d.mountPath}\n${d.workload}\n${d.file}`)),
    ...(graph.workloads && {
      workloads: [...graph.workloads].sort(by((w) => `${w.identity}\n${w.kind}\n${w.namespace}\n${w.name}\n${w.path}`)),
    }),
  };
}
