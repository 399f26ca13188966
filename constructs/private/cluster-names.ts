import { IConstruct } from "constructs";
import { Finding } from "../../access/findings/finding";
import { noteChange } from "./changes";
import { userLine } from "./source-line";

const HAS = "leasehold:cluster";
const NAMES = "leasehold:names-clusters";

interface Named {
  readonly clusters: readonly string[];
  readonly line?: string;
}

/** Says that the program has this cluster. */
export function haveCluster(auth: IConstruct, clusterName: string): void {
  auth.node.addMetadata(HAS, clusterName);
  noteChange(auth);
}

/** Says that a server's `fromClusters` names these clusters: whether they are there is known when the program is whole. */
export function nameClusters(scope: IConstruct, clusters: readonly string[]): void {
  if (clusters.length === 0) return;
  const named: Named = { clusters, line: userLine() };
  scope.node.addMetadata(NAMES, named);
  noteChange(scope);
}

/** A finding for each cluster that is named and is not there: the pods that are meant would connect to another address. */
export function strangeClusters(constructs: readonly IConstruct[]): Finding[] {
  const entries = constructs.flatMap((construct) =>
    construct.node.metadata.map(({ type, data }) => ({ construct, type, data: data as unknown })),
  );
  const there = new Set(entries.flatMap(({ type, data }) => (type === HAS ? [data as string] : [])));
  return entries
    .filter(({ type }) => type === NAMES)
    .flatMap(({ construct, data }) => {
      const { clusters, line } = data as Named;
      return clusters
        .filter((name) => !there.has(name))
        .map((name): Finding => ({
          code: "credential-endpoint",
          severity: "error",
          message: `\`fromClusters\` names the cluster ${JSON.stringify(name)}, which this program does not have: ${there.size === 0 ? "it has none" : `it has ${[...there].sort().join(", ")}`}`,
          fix: "write the `clusterName` of a KubernetesAuth; name a cluster that another program configures by KubernetesAuth.fromAttributes(scope, id), or leave its address out",
          path: construct.node.path,
          sources: line === undefined ? [] : [line],
        }));
    });
}
