import { dnsLabelProblem } from "../../access/model/rules";
import { knownNow, objectName, plain, PodProblem, said, show } from "../injection/pod-words";
import { quantity } from "../injection/probe-problems";

const ACCESS_MODES = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

/** Storage that each pod of a StatefulSet keeps when it is replaced. A container mounts it by its name. */
export interface VolumeClaim {
  /** Name of the claim, by which containers mount it. */
  readonly name: string;
  /** Its size, as Kubernetes writes it: "1Gi". */
  readonly storage: string;
  /** Class of the volume. @default - the cluster's own default */
  readonly storageClass?: string;
  /** How many nodes may use it, as Kubernetes has it. @default ["ReadWriteOnce"] */
  readonly accessModes?: string[];
}

/** What Kubernetes would refuse of a claim when the StatefulSet's controller makes it, which no apply tells. */
export function claimProblems({ name, storage, storageClass, accessModes }: VolumeClaim): PodProblem[] {
  const of = `of the claim ${show(name)}`;
  return [
    ...said(`the name ${of}`, plain(name) ? dnsLabelProblem(name) : undefined, "give the claim such a name"),
    ...objectName(`storageClass ${of}`, storageClass),
    ...quantity(`storage ${of}`, storage),
    ...said(
      `storage ${show(storage)} ${of}`,
      knownNow(storage) && /^[0.]+[a-zA-Z]*$/.test(storage) ? "is nothing" : undefined,
      'give a size, such as "1Gi"',
    ),
    ...modesProblems(accessModes, of),
  ];
}

function modesProblems(modes: readonly string[] | undefined, of: string): PodProblem[] {
  if (modes === undefined) return [];
  const unknown = modes.find((mode) => !ACCESS_MODES.includes(mode));
  const alone = modes.includes("ReadWriteOncePod") && modes.length > 1;
  return [
    ...said(
      `access mode ${show(unknown)} ${of}`,
      unknown === undefined ? undefined : "is none that Kubernetes has",
      `choose among ${ACCESS_MODES.join(", ")}`,
    ),
    ...said(
      `accessModes ${show(modes)} ${of}`,
      modes.length === 0 ? "are empty" : alone ? "name ReadWriteOncePod beside others" : undefined,
      "name one, or leave them out",
    ),
  ];
}
