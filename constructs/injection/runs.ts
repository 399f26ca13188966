import { Token } from "cdktf";
import { digestOf } from "../../access/model/digest";
import { mayHoldCode } from "../../access/terraform/expression";
import type { ContainerNode, WorkloadNode } from "../../access/model/graph";
import { Container, containerBlock } from "./container";

/**
 * What a pod runs, as the access graph has it: every container of a pod sees its logins. What is known only when Terraform runs has no
 * part in it: `isKnownLater` tells it, and the report lists it beside the graph, together with what it refers to.
 */
export function runsOf(props: PodContents): Required<Pick<WorkloadNode, "containers">> & WorkloadPlacement {
  const { nodeSelector, tolerations, affinity, priorityClassName, imagePullSecrets, fsGroup } = props;
  const place = known({ nodeSelector, tolerations, affinity, priorityClassName, imagePullSecrets, fsGroup });
  return {
    containers: [
      ...(props.initContainers ?? []).map((container) => ({ ...nodeOf(container), init: true as const })),
      ...props.containers.map(nodeOf),
    ],
    ...(Object.keys(place).length > 0 && { placement: digestOf(place) }),
  };
}

/** What of a pod's props says what it runs, and where. */
interface PodContents {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly nodeSelector?: unknown;
  readonly tolerations?: unknown;
  readonly affinity?: unknown;
  readonly priorityClassName?: unknown;
  readonly imagePullSecrets?: unknown;
  readonly fsGroup?: unknown;
}

type WorkloadPlacement = Pick<WorkloadNode, "placement">;

function nodeOf(container: Container): ContainerNode {
  // How much of its node a container may use lets nobody in.
  const { name, image, resources: _resources, ...says } = containerBlock(container);
  return { name, ...(typeof image === "string" && !isKnownLater(image) && { image }), runs: digestOf(known(says)) };
}

/** What is said, and not known only later. */
function known(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== undefined && value !== null && !isKnownLater(value)),
  );
}

/** Whether a value holds an expression of Terraform: what it will be stands elsewhere. */
export function isKnownLater(value: unknown): boolean {
  if (typeof value === "string" && mayHoldCode(value)) return true;
  if (Token.isUnresolved(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, entry]) => isKnownLater(key) || isKnownLater(entry));
}
