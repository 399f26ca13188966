import { IConstruct } from "constructs";
import { AccessGraph, DatabaseNode, EdgeNode, IdentityNode, sortGraph } from "../../access/model/graph";
import { isMarked } from "../private/guards";
import { notedPods } from "../private/noted-pods";
import { rootOf } from "../private/arguments";

interface GraphSource<T> extends IConstruct {
  _graphNode(): T;
}

/** The access graph of everything in the tree that this construct belongs to. */
export function accessGraphOf(construct: IConstruct): AccessGraph {
  return graphOf(rootOf(construct, "accessGraphOf").node.findAll());
}

/** The access graph of these constructs, which are all of a tree. */
export function graphOf(all: readonly IConstruct[]): AccessGraph {
  const nodes = <T>(kind: string): GraphSource<T>[] => all.filter((child) => isMarked(child, kind)) as GraphSource<T>[];
  const pods = all.flatMap((child) => notedPods(child) ?? []);
  const databases = nodes<DatabaseNode>("DatabaseAccess");
  return sortGraph({
    identities: nodes<IdentityNode>("WorkloadIdentity").map((identity) => identity._graphNode()),
    databases: databases.map((database) => database._graphNode()),
    edges: databases.flatMap((database) =>
      "edges" in database ? (database.edges as GraphSource<EdgeNode>[]).map((edge) => edge._graphNode()) : [],
    ),
    deliveries: pods.flatMap(({ deliveries }) => deliveries),
    workloads: pods.map((one) => one.workload()),
  });
}
