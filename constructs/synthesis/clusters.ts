import { TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { Finding } from "../../access/findings/finding";
import type { WorkloadNode } from "../../access/model/graph";
import { notedPods } from "../private/noted-pods";
import { stackOf } from "../private/stack-order";
import { providersOf } from "./order";

/** Context key of a stack that says which cluster its Kubernetes provider reaches, by the name of its KubernetesAuth. */
export const CLUSTER_CONTEXT = "leasehold:cluster";

/**
 * A finding for each workload that runs beside one of another cluster: a stack's Kubernetes provider reaches one cluster, and there
 * the pod's ServiceAccount is another's, or nobody's.
 */
export function clusterFindings(all: readonly IConstruct[]): Finding[] {
  const providers = providersOf(all, "kubernetes");
  const reach = (stack: TerraformStack): string | undefined => {
    const own = providers.filter((provider) => provider.stack === stack);
    // With several providers each resource names its own, which is not read here.
    if (own.length > 1) return undefined;
    const { host, config_context: context } = own[0]?.arguments ?? {};
    // A provider that says neither reaches the cluster that the deploying machine has chosen.
    return host === undefined && context === undefined ? `stack ${stack.node.path}` : own[0].text;
  };
  const first = new Map<string, WorkloadNode>();
  const reached = new Map<
    string,
    { readonly place: string; readonly stack: TerraformStack; readonly node: WorkloadNode }
  >();
  return all.flatMap((child): Finding[] => {
    const pods = notedPods(child);
    const stack = pods && stackOf(child);
    const place = stack && reach(stack);
    const bound: unknown = stack?.node.tryGetContext(CLUSTER_CONTEXT);
    if (stack && bound !== undefined) {
      const node = pods.workload();
      if (clusterOf(node) === bound) return [];
      return [
        {
          code: "identity-cluster",
          severity: "error",
          message: `${node.identity} runs in the stack ${stack.node.id}, whose environment reaches the cluster ${JSON.stringify(bound)}`,
          fix: "give the workload an identity of that cluster, or put it into a stack whose environment reaches its own",
          path: node.path,
          sources: [node.source].filter((line): line is string => line !== undefined),
        },
      ];
    }
    if (!stack || place === undefined) return [];
    const node = pods.workload();
    const other = first.get(place);
    if (!other) first.set(place, node);
    if (!other || clusterOf(other) === clusterOf(node)) {
      const before = reached.get(clusterOf(node));
      // Left out: stacks whose provider says neither host nor context. They reach the cluster that the deploying
      // machine has chosen, which is not known here.
      if (!before && !place.startsWith("stack ")) reached.set(clusterOf(node), { place, stack, node });
      return before && before.place !== place && !place.startsWith("stack ")
        ? [twoPlaces(before, { stack, node })]
        : [];
    }
    return [
      {
        code: "identity-cluster",
        severity: "error",
        message: `${node.identity} runs in the stack ${stack.node.id}, which reaches the cluster that ${other.identity} runs in: ${clusterOf(node)} and ${clusterOf(other)} are two clusters`,
        fix: "give each cluster a stack of its own, with an environment whose `cluster` reaches it, and the identities of that cluster",
        path: node.path,
        sources: [other.source, node.source].filter((line): line is string => line !== undefined),
      },
    ];
  });
}

interface RunsIn {
  readonly stack: TerraformStack;
  readonly node: WorkloadNode;
}

/** Two providers may reach one cluster in two ways, so it is no error. */
function twoPlaces(one: RunsIn, other: RunsIn): Finding {
  return {
    code: "identity-cluster",
    severity: "warning",
    message: `${other.node.identity} runs in the stack ${other.stack.node.id}, and ${one.node.identity} in ${one.stack.node.id}: their providers do not reach the cluster ${clusterOf(one.node)} in one way, so that one of them may reach another cluster`,
    fix: "say in both environments by `clusterName` which cluster they reach, or give the workload an identity of the cluster that it runs in",
    path: other.node.path,
    sources: [one.node.source, other.node.source].filter((line): line is string => line !== undefined),
  };
}

function clusterOf({ identity }: WorkloadNode): string {
  return identity.split("/")[0];
}
