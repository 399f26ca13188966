import { first, isTrue } from "../program";
import { nameOf, writtenContainers } from "../pods";
import { nsa, Rule } from "../rule";

export const podWritableRoot: Rule = {
  id: "pod-writable-root",
  severity: "warning",
  title: "Containers cannot write their own file system",
  why: "Who breaks into an app writes tools beside it, and changes the app itself.",
  fix: "set `read_only_root_filesystem = true`, and mount an empty_dir where the app writes",
  references: [nsa("Immutable container file systems")],
  check: ({ pods }) =>
    pods.flatMap((pod) =>
      writtenContainers(pod)
        .filter((container) => !isTrue(first(container.security_context).read_only_root_filesystem))
        .map((container) => ({ at: pod, what: `container ${nameOf(container)} may write its file system` })),
    ),
};
