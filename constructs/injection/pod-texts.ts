import { labelValueProblem, metadataKeyProblem } from "../../access/model/rules";
import type { Toleration } from "./container";
import { isCount, LARGEST, objectName, knownNow, PodProblem, said } from "./pod-words";

/** What a pod says beside its containers and volumes. */
export interface PodTexts {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
  readonly imagePullSecrets?: readonly string[];
  readonly priorityClassName?: string;
  readonly fsGroup?: number;
}

/** What Kubernetes would refuse of these when a controller makes the pod, which no apply tells. A token is not known here. */
export function textProblems(texts: PodTexts): PodProblem[] {
  const { nodeSelector = {}, tolerations = [], imagePullSecrets = [], priorityClassName, fsGroup } = texts;
  return [
    ...Object.entries(nodeSelector).flatMap(([key, value]) =>
      said(
        `label ${JSON.stringify(key)} of nodeSelector`,
        metadataKeyProblem(key) ?? valueProblem(value),
        "write the label as the nodes have it",
      ),
    ),
    ...tolerations.flatMap((toleration) =>
      said("a toleration", tolerationProblem(toleration), "write it as `kubectl explain pod.spec.tolerations` says"),
    ),
    ...imagePullSecrets.flatMap((name) => objectName("the Secret of imagePullSecrets", name)),
    ...objectName("priorityClassName", priorityClassName),
    ...said(
      `fsGroup ${fsGroup}`,
      fsGroup === undefined || isCount(fsGroup, 0) ? undefined : "is not the id of a group",
      `give a whole number from 0 to ${LARGEST}`,
    ),
  ];
}

function valueProblem(value: string): string | undefined {
  const problem = knownNow(value) ? labelValueProblem(value) : undefined;
  return problem && `has the value ${JSON.stringify(value)}, which ${problem}`;
}

function tolerationProblem({ key, operator = "Equal", value, effect }: Toleration): string | undefined {
  if (operator === "Exists" && value !== undefined && value !== "")
    return `has the operator Exists and the value ${JSON.stringify(value)}`;
  if ((key === undefined || key === "") && operator !== "Exists")
    return "has no key, which only the operator Exists may lack";
  if (key !== undefined && key !== "" && knownNow(key) && metadataKeyProblem(key))
    return `has the key ${JSON.stringify(key)}, which ${metadataKeyProblem(key)}`;
  if (value !== undefined && knownNow(value) && labelValueProblem(value))
    return `has the value ${JSON.stringify(value)}, which ${labelValueProblem(value)}`;
  return effect === undefined || ["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(effect)
    ? undefined
    : `has the effect ${JSON.stringify(effect)}`;
}
