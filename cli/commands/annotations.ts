import { ExternalPod, externalPodName, EXTERNAL_PODS_FILE, parseExternalPods } from "../../access/model/external-pod";
import { nearNames } from "../../access/questions/near";
import { POD_FORMATS, PodFormat, renderExternalPod } from "../../render/external-pod";
import { Call, Command, DONE, UsageError } from "../command/command";
import { readInput } from "../command/report-file";

const DEFAULT_FILE = `cdktf.out/${EXTERNAL_PODS_FILE}`;

/** `leasehold annotations shop/web --format helm`. */
export const annotations: Command = {
  name: "annotations",
  summary: "what the owner of a workload must write into its pod: annotations shop/web --format helm",
  args: ["<workload>"],
  details:
    "The workload is one that another tool deploys, an ExternalWorkload of the program, as namespace/name or cluster/namespace/name.\n" +
    "The formats: helm, values by the names that `helm create` gives them; kustomize, a patch; yaml, a part of the object; json, all\n" +
    "that is known. Nothing of it is secret.",
  options: {
    format: { type: "string", value: "<format>", help: `one of ${POD_FORMATS.join(", ")}; default: yaml` },
    file: { type: "string", value: "<file>", help: `what synthesis wrote; default: ${DEFAULT_FILE}, - is the input` },
  },
  run: (call) => {
    const format = (call.option("format") ?? "yaml") as PodFormat;
    if (!POD_FORMATS.includes(format))
      throw new UsageError(
        `--format ${JSON.stringify(format)} is not a format: choose among ${POD_FORMATS.join(", ")}`,
      );
    call.io.out(renderExternalPod(chosen(readPods(call), call.args[0]), format));
    return DONE;
  },
};

function readPods({ io, option }: Call): ExternalPod[] {
  const path = option("file") ?? DEFAULT_FILE;
  const text = readInput(io, path, {
    what: "file",
    missing: "run `npx cdktf synth`; it writes one if the program has an ExternalWorkload",
    option: "--file",
  });
  try {
    return parseExternalPods(text);
  } catch (error) {
    throw new UsageError(
      `${JSON.stringify(path)} is not what synthesis writes (${(error as Error).message}): write it anew with \`npx cdktf synth\``,
    );
  }
}

function chosen(pods: readonly ExternalPod[], asked: string): ExternalPod {
  const found = pods.filter((pod) => {
    const full = externalPodName(pod);
    return full === asked || full === `${pod.cluster}/${asked}`;
  });
  if (found.length === 1) return found[0];
  const names = pods.map(externalPodName);
  if (found.length > 1)
    throw new UsageError(
      `${JSON.stringify(asked)} is ${found.length} workloads: ${found.map((pod) => `${pod.kind} ${externalPodName(pod)}`).join(", ")}; name the cluster, or give them other names`,
    );
  const [near] = nearNames(asked, [...names, ...pods.map(({ namespace, name }) => `${namespace}/${name}`)]);
  throw new UsageError(
    `no ExternalWorkload is ${JSON.stringify(asked)}: ${near === undefined ? `the program has ${names.join(", ")}` : `did you mean ${near}?`} A workload that the program makes itself has its annotations already.`,
  );
}
