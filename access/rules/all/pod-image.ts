import { isComputed, text } from "../program";
import { nameOf } from "../pods";
import { nsa, Rule } from "../rule";

export const podImage: Rule = {
  id: "pod-image",
  severity: "warning",
  title: "Images have a tag that says a version, or a digest",
  why: "What `latest` is changes between two starts of one pod, and whoever can push it runs with the pod's login.",
  fix: "name a version, or better a digest: app@sha256:…",
  references: [nsa("Building secure container images")],
  check: ({ pods }) =>
    pods.flatMap((pod) =>
      pod.containers.flatMap((container) => {
        const image = text(container.image);
        if (image === undefined || isComputed(image) || image.includes("@sha256:")) return [];
        const tag = /:([^:/]+)$/.exec(image)?.[1];
        return tag === undefined || tag === "latest"
          ? [{ at: pod, what: `container ${nameOf(container)} runs ${image}, which names no version` }]
          : [];
      }),
    ),
};
