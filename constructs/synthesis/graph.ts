import { IConstruct } from "constructs";
import {
  AccessGraph,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  IdentityNode,
  sortGraph,
  WorkloadNode,
} from "../../access/model/graph";
import { isMarked } from "../private/guards";
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
  const workloadOf = (child: IConstruct): WorkloadNode | undefined =>
    isMarked(child, "Delivery") ? (child as IConstruct & { workloadNode(): WorkloadNode }).workloadNode() : undefined;
  const databases = nodes<DatabaseNode>("DatabaseAccess");
  return sortGraph({
    identities: nodes<IdentityNode>("WorkloadIdentity").map((identity) => identity._graphNode()),
    databases: databases.map((database) => database._graphNode()),
    edges: databases.flatMap((database) =>
      "edges" in database ? (database.edges as GraphSource<EdgeNode>[]).map((edge) => edge._graphNode()) : [],
    ),
    deliveries: nodes<DeliveryNode[]>("Delivery").flatMap((delivery) => delivery._graphNode()),
    workloads: all.flatMap((child) => workloadOf(child) ?? []),
  });
}
