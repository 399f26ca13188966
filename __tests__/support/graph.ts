import {
  AccessGraph,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  GrantNode,
  IdentityNode,
  namesOfDatabase,
} from "../../access/model/graph";
import {
  databaseRoleName,
  groupRoleName,
  IdentityKey,
  mountPath,
  policyName,
  schemaWideRoleName,
} from "../../access/model/names";

const keyOf = (serviceAccount: string): IdentityKey => ({ cluster: "eu", namespace: "shop", serviceAccount });

/** Nodes of an access graph by hand, for the functions that know nothing of cdktf. */
export function identity(name: string, more: Partial<IdentityNode> = {}): IdentityNode {
  return {
    path: `who/${name}`,
    source: `main.ts:1${name.length}`,
    key: keyOf(name),
    authPath: "kubernetes-eu",
    authRole: `shop.${name}`,
    audience: "vault",
    tokenTtl: 3600,
    tokenMaxTtl: 86400,
    policies: [],
    external: false,
    ...more,
  };
}

export function database(name: string, more: Partial<DatabaseNode> = {}): DatabaseNode {
  return {
    path: `access/${name}`,
    source: `main.ts:2${name.length}`,
    instance: "main",
    database: name,
    mountPath: mountPath("main", name),
    owner: `${name}_owner`,
    ...namesOfDatabase(name),
    majorVersion: 18,
    sslMode: "verify-full",
    leaseCap: 86400,
    external: false,
    ...more,
  };
}

export function edge(
  name: string,
  databaseName: string,
  grants: readonly Omit<GrantNode, "grantedBy">[],
  more: Partial<EdgeNode> = {},
): EdgeNode {
  const key = keyOf(name);
  const path = `access/${databaseName}/${name}`;
  return {
    path,
    source: `main.ts:3${name.length}`,
    identity: `eu/shop/${name}`,
    mountPath: mountPath("main", databaseName),
    groupRole: groupRoleName(key, databaseName),
    schemaWideRole: schemaWideRoleName(key, databaseName),
    databaseRole: databaseRoleName(key),
    policy: policyName(key, mountPath("main", databaseName)),
    leaseTtl: 3600,
    leaseMaxTtl: 86400,
    connectionLimit: 10,
    maxLiveLeases: 100,
    grants: grants.map((grant) => ({ ...grant, grantedBy: [{ path, source: "main.ts:40" }] })),
    ...more,
  };
}

export function delivery(name: string, databaseName: string, more: Partial<DeliveryNode> = {}): DeliveryNode {
  return {
    path: `workloads/${name}`,
    source: `main.ts:5${name.length}`,
    workload: `workloads/${name}`,
    identity: `eu/shop/${name}`,
    mountPath: mountPath("main", databaseName),
    file: databaseName,
    ...more,
  };
}

export function graphOf(parts: Partial<AccessGraph>): AccessGraph {
  return { identities: [], databases: [], edges: [], deliveries: [], ...parts };
}
