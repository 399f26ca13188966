import { blocks, first, isTrue, text } from "../program";
import { nameOf } from "../pods";
import { cisKubernetes, nsa, podSecurity, Rule } from "../rule";

export const podHost: Rule = {
  id: "pod-host",
  severity: "error",
  title: "No pod reaches into its node",
  why: "With the node's processes, network or files, a pod finds the credentials of its neighbours: agents keep logins in memory and in shared volumes.",
  fix: "leave host_network, host_pid, host_ipc, host_path and host_port out; take a volume of another kind",
  references: [
    cisKubernetes("5.2.3, 5.2.4, 5.2.5, 5.2.12, 5.2.13"),
    podSecurity("Baseline", "Host Namespaces, HostPath Volumes, Host Ports"),
    nsa("Pod security enforcement"),
  ],
  check: ({ pods }) =>
    pods.flatMap((pod) => [
      ...["host_network", "host_pid", "host_ipc"]
        .filter((key) => isTrue(pod.spec[key]))
        .map((key) => ({ at: pod, what: `${key} is true` })),
      ...blocks(pod.spec.volume)
        .filter(({ host_path: path }) => path !== undefined && path !== null)
        .map((volume) => ({
          at: pod,
          what: `volume ${nameOf(volume)} is the node's folder ${text(first(volume.host_path).path) ?? ""}`,
        })),
      ...pod.containers.flatMap((container) =>
        blocks(container.port)
          .filter(({ host_port: port }) => port !== undefined && port !== null && port !== 0)
          .map(({ host_port: port }) => ({
            at: pod,
            what: `container ${nameOf(container)} takes port ${String(port)} of the node`,
          })),
      ),
    ]),
};
