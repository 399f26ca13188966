import { first, within } from "../program";
import { nameOf, writtenContainers } from "../pods";
import { nsa, Rule } from "../rule";

const NEEDED = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
] as const;

export const podResources: Rule = {
  id: "pod-resources",
  severity: "warning",
  title: "Containers say what CPU and memory they need",
  why: "A container without a limit takes the memory of its neighbours; one without requests is ended first, and its pod's login with it.",
  fix: "set requests of cpu and memory, and a limit of memory",
  references: [nsa("Resource policies")],
  productionOnly: true,
  check: ({ pods }) =>
    pods.flatMap((pod) =>
      writtenContainers(pod).flatMap((container) => {
        const missing = NEEDED.filter(
          ([kind, name]) =>
            within(container, "resources")[kind] === undefined ||
            first(within(container, "resources")[kind])[name] === undefined,
        );
        return missing.length === 0
          ? []
          : [
              {
                at: pod,
                what: `container ${nameOf(container)} lacks ${missing.map((one) => one.join(".")).join(", ")}`,
              },
            ];
      }),
    ),
};
