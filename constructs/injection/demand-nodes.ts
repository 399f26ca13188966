import type { ExternalPod } from "../../access/model/external-pod";
import { digestOf } from "../../access/model/digest";
import { byCodeUnit, type DemandNode } from "../../access/model/graph";

/**
 * What the owner of a workload must write into its pods, as the access graph has it: each part by its name, so that a change can
 * be told in words. What the graph does not explain stands there once more by its option: for a workload that is deployed here the same
 * would be listed as unclassified.
 *
 * @param open what `openOf` says of the same options
 */
export function demandNodes(pod: ExternalPod, open: Readonly<Record<string, unknown>>): DemandNode[] {
  const { annotations, volumes, volumeMounts, serviceAccountName, makesServiceAccount } = pod;
  const parts: [string, unknown][] = [
    ["ServiceAccount", [serviceAccountName, makesServiceAccount]],
    ...Object.entries(annotations).map(([key, text]): [string, unknown] => [`annotation ${key}`, text]),
    ...volumes.map((volume): [string, unknown] => [`volume ${nameOf(volume)}`, volume]),
    ...volumeMounts.map((mount): [string, unknown] => [`mount of ${nameOf(mount)}`, mount]),
    ...(pod.terminationGracePeriodSeconds === undefined
      ? []
      : [["terminationGracePeriodSeconds", pod.terminationGracePeriodSeconds] as [string, unknown]]),
  ];
  const opening = Object.entries(open).filter(([, value]) => value !== undefined && !isEmpty(value));
  return [
    ...parts.map(([name, value]) => ({ name, says: digestOf(value) })),
    ...opening.map(([name, value]) => ({ name, says: digestOf(value), opens: true as const })),
  ].sort((a, b) => byCodeUnit(a.name, b.name));
}

function nameOf(part: object): string {
  const { name } = part as { readonly name?: unknown };
  return typeof name === "string" ? name : "";
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
