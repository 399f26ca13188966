import { edgeKey } from "../model/deliveries";
import type { AccessGraph } from "../model/graph";
import { connectionBudgets, formatBudget } from "../questions/connections";
import type { Finding } from "./finding";
import { at } from "./place";

/** Servers to which more connections may be opened than they take: then pods, and whoever comes last, are refused. */
export function connectionFindings(graph: AccessGraph, production: boolean): Finding[] {
  const tooMany = connectionBudgets(graph)
    .filter(({ total, limit }) => limit !== undefined && total > limit)
    .map((budget) =>
      at(budget.databases, {
        code: "connections",
        severity: production ? "error" : "warning",
        message: `up to ${budget.total} connections to the server ${budget.instance}, which takes ${budget.limit}: ${formatBudget(budget)}`,
        fix: `raise \`maxConnections\` of the server to ${budget.total} or more, lower \`connectionLimit\` of the database or \`replicas\`, or say by \`pool\` of a Credential how many connections the app opens`,
      }),
    );
  const edges = new Map(graph.edges.map((edge) => [edgeKey(edge), edge]));
  const pools = graph.deliveries.flatMap((delivery) => {
    const edge = edges.get(edgeKey(delivery));
    if (!edge || delivery.pool === undefined || delivery.pool <= edge.connectionLimit) return [];
    return [
      at([delivery], {
        code: "connections",
        message: `pool ${delivery.pool} of ${delivery.workload} is larger than the connectionLimit ${edge.connectionLimit} of ${edge.identity} on ${edge.mountPath}: PostgreSQL refuses the connections beyond it`,
        fix: "give a smaller `pool`, or raise `connectionLimit` by access(identity, { connectionLimit })",
      }),
    ];
  });
  return [...tooMany, ...pools];
}
