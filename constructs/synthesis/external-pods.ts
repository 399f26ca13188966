import { IConstruct } from "constructs";
import type { ExternalPod } from "../../access/model/external-pod";
import { byCodeUnit } from "../../access/model/graph";
import { isMarked } from "../private/guards";

/** What the owners of workloads that other tools deploy must write into their pods, in a fixed order. */
export function externalPodsOf(construct: IConstruct): ExternalPod[] {
  return construct.node.root.node
    .findAll()
    .filter((child) => isMarked(child, "ExternalWorkload"))
    .map((child) => (child as IConstruct & { _externalPod(): ExternalPod })._externalPod())
    .sort((a, b) => byCodeUnit(a.path, b.path));
}
