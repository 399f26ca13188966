import { deliveriesByEdge, edgeKey } from "../model/deliveries";
import {
  AccessGraph,
  byCodeUnit,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  WorkloadNode,
  workloadName,
} from "../model/graph";

/** Connections of the pods of one workload with its logins to one database. */
export interface PodConnections {
  /** `Deployment eu/shop/web`; the identity where no workload of the program gets its login. */
  readonly workload: string;
  readonly mountPath: string;
  /** Pods at once. Absent where it is not known: then nothing is counted. */
  readonly pods?: number;
  /** Pods that a rollout adds. */
  readonly surge: number;
  /**
   * Pods counted a second time: at a rotation each holds its old login and its new one, and in a rollout the old pods are still ending.
   * None of pods that end by themselves.
   */
  readonly overlap: number;
  /** Connections with one login at most. */
  readonly pool: number;
}

/** The connections to one server, at most, against those that it has. */
export interface ConnectionBudget {
  readonly instance: string;
  /** The databases of the server, one a mount. */
  readonly databases: readonly DatabaseNode[];
  readonly pods: readonly PodConnections[];
  /** Connections that Vault itself keeps, one number for each mount. */
  readonly vault: readonly { readonly mountPath: string; readonly connections: number }[];
  /** Connections that are reserved for others. */
  readonly reserved: number;
  /** The sum of all that is known. */
  readonly total: number;
  /** `max_connections`. Absent where it is not known. */
  readonly limit?: number;
  /** Workloads whose number of pods is not known: the real sum may then be higher. */
  readonly unknown: readonly string[];
}

/** Connections of a workload with one login each, at most; none where the pods are not known. */
export function connectionsOf({ pods, surge, overlap, pool }: PodConnections): number {
  return pods === undefined ? 0 : (pods + surge + overlap) * pool;
}

/** The budget of each server whose databases this program grants on. */
export function connectionBudgets(graph: AccessGraph): ConnectionBudget[] {
  const own = graph.databases.filter(({ external }) => !external);
  // A report from before these numbers says nothing about them.
  const counted = own.filter(({ vaultConnections }) => vaultConnections !== undefined);
  const instances = [...new Set(counted.map(({ instance }) => instance))].sort(byCodeUnit);
  const workloads = new Map((graph.workloads ?? []).map((workload) => [workload.path, workload]));
  const delivered = deliveriesByEdge(graph.deliveries);
  return instances.map((instance) => {
    const databases = counted.filter((database) => database.instance === instance);
    const mounts = new Set(databases.map(({ mountPath }) => mountPath));
    const pods = graph.edges
      .filter(({ mountPath }) => mounts.has(mountPath))
      .flatMap((edge) => podsOf(edge, delivered.get(edgeKey(edge)) ?? [], workloads));
    const vault = databases.map(({ mountPath, vaultConnections = 0 }) => ({
      mountPath,
      connections: vaultConnections,
    }));
    const reserved = Math.max(0, ...databases.map(({ reservedConnections = 0 }) => reservedConnections));
    const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
    const limit = databases.find(({ maxConnections }) => maxConnections !== undefined)?.maxConnections;
    return {
      instance,
      databases,
      pods,
      vault,
      reserved,
      total: sum(pods.map(connectionsOf)) + sum(vault.map(({ connections }) => connections)) + reserved,
      ...(limit !== undefined && { limit }),
      unknown: [...new Set(pods.filter((one) => one.pods === undefined).map(({ workload }) => workload))],
    };
  });
}

function podsOf(
  edge: EdgeNode,
  delivered: readonly DeliveryNode[],
  workloads: ReadonlyMap<string, WorkloadNode>,
): PodConnections[] {
  if (delivered.length === 0)
    return [{ workload: edge.identity, mountPath: edge.mountPath, surge: 0, overlap: 0, pool: edge.connectionLimit }];
  // Each file of a pod is a login of its own.
  return delivered.map(({ workload, pool = edge.connectionLimit }) => {
    const node = workloads.get(workload);
    const ends = node?.kind === "Job" || node?.kind === "CronJob";
    return {
      workload: node ? workloadName(node) : workload,
      mountPath: edge.mountPath,
      ...(node?.pods !== undefined && { pods: node.pods }),
      surge: node?.surge ?? 0,
      overlap: ends ? 0 : (node?.pods ?? 0),
      pool,
    };
  });
}

/** `(2 pods + 1 surge + 2 overlap) × 10 = 50`: how many connections, as a sum that can be checked. */
export function formatPodConnections(one: PodConnections): string {
  const { pods, surge, overlap, pool } = one;
  if (pods === undefined) return `not known × ${pool}`;
  const parts = [`${pods} ${pods === 1 ? "pod" : "pods"}`];
  if (surge > 0) parts.push(`${surge} surge`);
  if (overlap > 0) parts.push(`${overlap} overlap`);
  return `(${parts.join(" + ")}) × ${pool} = ${connectionsOf(one)}`;
}

/** Who opens how many connections to a server, one text each. */
export function budgetParts({ pods, vault, reserved }: ConnectionBudget): string[] {
  return [
    ...pods.map((one) => `${one.workload} on ${one.mountPath}: ${formatPodConnections(one)}`),
    ...vault.map(({ mountPath, connections }) => `Vault on ${mountPath}: ${connections}`),
    `kept for others: ${reserved}`,
  ];
}

/** How many they are together, and how many the server takes. */
export function budgetSum({ total, limit, unknown }: ConnectionBudget): string {
  const least = unknown.length > 0 ? "at least " : "";
  const against = limit === undefined ? "max_connections is not known" : `max_connections ${limit}`;
  return `${least}${total}; ${against}`;
}

/** The whole sum of a server on one line. */
export function formatBudget(budget: ConnectionBudget): string {
  return `${budgetParts(budget).join(" + ")} = ${budgetSum(budget)}`;
}
