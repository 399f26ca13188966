import { formatSeconds } from "../model/duration";
import { AccessGraph, EdgeNode, IdentityNode, WorkloadNode, workloadName } from "../model/graph";
import { lifetimeOf } from "../model/lifetime";
import { identityId } from "../model/names";
import { identitiesOf, Unmentioned, unmentionedWorkload } from "./mentions";
import { parseWorkload, WorkloadPattern } from "./pattern";

/** One time of a workload, and what it follows from. */
export interface ClockLine {
  /** Whose: a token, a login to a database, a pod. */
  readonly of: string;
  /** What the time is. */
  readonly clock: string;
  /** Absent where another program decides it. */
  readonly seconds?: number;
  /** What happens when it has passed, and what holds between it and others. */
  readonly meaning: string;
}

/** Every time of one identity and what runs as it. */
export interface IdentityClocks {
  readonly identity: string;
  readonly lines: readonly ClockLine[];
}

/** What was asked for, and what is known. */
export interface Clocks {
  readonly workload: WorkloadPattern;
  readonly identities: readonly IdentityClocks[];
  readonly unmentioned: readonly Unmentioned[];
}

/** Seconds that Kubernetes gives a pod to end where nobody says another time. */
const KUBERNETES_GRACE = 30;

/** For how long tokens, logins, sessions and pods of a workload live, and why. @throws QuestionError */
export function clocksOf(graph: AccessGraph, workload: string): Clocks {
  const pattern = parseWorkload(workload);
  const mounts = new Map(graph.databases.map((database) => [database.mountPath, database]));
  return {
    workload: pattern,
    identities: identitiesOf(graph, pattern).map((identity) => {
      const id = identityId(identity.key);
      const edges = graph.edges.filter((edge) => edge.identity === id);
      return {
        identity: id,
        lines: [
          ...tokenLines(identity, edges),
          ...edges.flatMap((edge) => leaseLines(identity, edge, mounts.get(edge.mountPath)?.leaseCap)),
          ...(graph.workloads ?? []).filter((node) => node.identity === id).flatMap(podLines),
        ],
      };
    }),
    unmentioned: unmentionedWorkload(graph, pattern),
  };
}

function tokenLines(identity: IdentityNode, edges: readonly EdgeNode[]): ClockLine[] {
  const { exposure, tokenTtl, tokenMaxTtl, external, deletedPodToken } = identity;
  const of = "token of Vault";
  // Where Vault asks the API server, the API server refuses the token at once.
  const deleted =
    deletedPodToken === undefined
      ? []
      : [
          {
            of: "token of Kubernetes",
            clock: "deleted pod",
            seconds: deletedPodToken,
            meaning:
              "Vault knows tokens by the issuer's keys and asks nobody: that of a deleted pod logs in until it has ended, and what it gets then lives up to tokenMaxTtl",
          },
        ];
  if (external)
    return [
      { of, clock: "all times", meaning: "its auth role is made by another program, which decides them" },
      ...deleted,
    ];
  const shortest = edges.length === 0 ? undefined : Math.min(...edges.map(({ leaseMaxTtl }) => leaseMaxTtl));
  const bounds = [
    ...(shortest === undefined ? [] : [`the shortest lease maxTtl, ${formatSeconds(shortest)}`]),
    ...(exposure === undefined ? [] : [`exposure, ${formatSeconds(exposure)}`]),
  ];
  return [
    ...(exposure === undefined
      ? []
      : [
          {
            of,
            clock: "exposure",
            seconds: exposure,
            meaning: "how long a stolen token or login may live, as the program says it",
          },
        ]),
    {
      of,
      clock: "tokenTtl",
      seconds: tokenTtl,
      meaning: `ends so long after its agent last renewed it: an agent that died; <= tokenMaxTtl ${formatSeconds(tokenMaxTtl)}`,
    },
    {
      of,
      clock: "tokenMaxTtl",
      seconds: tokenMaxTtl,
      meaning: `ends in any case, and every login with it: the agent logs in anew before${bounds.length === 0 ? "" : `; <= ${bounds.join(", and <= ")}`}`,
    },
    ...deleted,
  ];
}

function leaseLines(identity: IdentityNode, edge: EdgeNode, cap: number | undefined): ClockLine[] {
  const of = `login of ${edge.mountPath}`;
  const { leaseTtl, leaseMaxTtl } = edge;
  const session = lifetimeOf(identity, edge).session?.max;
  return [
    {
      of,
      clock: "lease ttl",
      seconds: leaseTtl,
      meaning: `PostgreSQL refuses it so long after it was last renewed; <= lease maxTtl ${formatSeconds(leaseMaxTtl)}`,
    },
    {
      of,
      clock: "lease maxTtl",
      seconds: leaseMaxTtl,
      meaning: `is not renewed any more${cap === undefined ? "" : `; <= cap ${formatSeconds(cap)} of the mount, which the database itself enforces`}`,
    },
    ...(session === undefined
      ? []
      : [
          {
            of,
            clock: "open session",
            seconds: session,
            meaning: "is ended with its login: the shorter of tokenMaxTtl and lease maxTtl",
          },
        ]),
  ];
}

function podLines(node: WorkloadNode): ClockLine[] {
  const of = workloadName(node);
  const { drain, grace, rollout } = node;
  const killed = {
    of,
    clock: "termination grace",
    seconds: grace ?? KUBERNETES_GRACE,
    meaning:
      drain === undefined
        ? "Kubernetes kills what is left of a pod that was told to end"
        : `Kubernetes kills what is left; drain ${formatSeconds(drain)} and ${formatSeconds((grace ?? KUBERNETES_GRACE) - drain)} for the agent, which revokes the login when the app has ended`,
  };
  return [
    ...(drain === undefined
      ? []
      : [{ of, clock: "drain", seconds: drain, meaning: "the app may take so long to finish what it began" }]),
    killed,
    ...(rollout === undefined
      ? []
      : [
          {
            of,
            clock: "rollout",
            seconds: rollout,
            meaning: "`apply` waits so long for new pods; then the rollout has failed",
          },
        ]),
  ];
}
