import { formatSeconds } from "../access/model/duration";
import type { EdgeNode, IdentityNode } from "../access/model/graph";
import { bounds, ClockBound, lifetimeOf } from "../access/model/lifetime";
import { identitiesOf } from "../access/questions/mentions";
import { identityId } from "../access/model/names";
import { QuestionError, WorkloadPattern } from "../access/questions/pattern";
import type { Facts } from "./subject";

/** A length of time: seconds, `"90s"`, `"15m"`, `"1h30m"`, `"7d"`, or a `Duration`. */
export type TimeBound = number | string | { toSeconds(): number };

/**
 * Upper bounds by clock: `token`, `lease` and `session` bound how long each can last whatever happens; `token ttl` and `lease ttl` how
 * long it outlives an agent that died; `deleted pod` how long the Kubernetes token of a pod that was deleted still logs in to Vault.
 */
export type ExpectedBounds = { readonly [clock in "token" | "lease" | "session" | ClockBound]?: TimeBound };

const CLOCKS: Readonly<Record<keyof ExpectedBounds, ClockBound>> = {
  token: "token max",
  lease: "lease max",
  session: "session max",
  "token ttl": "token ttl",
  "token max": "token max",
  "lease ttl": "lease ttl",
  "lease max": "lease max",
  "session max": "session max",
  "deleted pod": "deleted pod",
};

/**
 * What lasts longer than it may, a line each; empty when nothing does. A clock that is not known, or that no identity
 * has, gets a line too.
 *
 * @throws QuestionError when no bound is given, or a bound is not a length of time
 */
export function tooLong(facts: Facts, who: WorkloadPattern, expected: ExpectedBounds): string[] {
  const wanted = Object.entries(expected).map(([clock, bound]): [ClockBound, number] => {
    if (!(clock in CLOCKS))
      throw new QuestionError(
        `there is no clock ${JSON.stringify(clock)}: choose among ${Object.keys(CLOCKS).join(", ")}`,
      );
    return [CLOCKS[clock as keyof ExpectedBounds], secondsOf(clock, bound)];
  });
  if (wanted.length === 0) throw new QuestionError("no bound is given: name token, lease or session");
  const subjects = identitiesOf(facts.graph, who).map((identity) => ({
    identity,
    edges: facts.graph.edges.filter((edge) => edge.identity === identityId(identity.key)),
  }));
  return wanted.flatMap(([clock, most]) => {
    if (clock.startsWith("token") || clock === "deleted pod")
      return subjects.flatMap(({ identity }) => exceeding(clock, most, identity));
    if (subjects.every(({ edges }) => edges.length === 0)) return [`there is no ${clock}: nothing is leased`];
    return subjects.flatMap(({ identity, edges }) => edges.flatMap((edge) => exceeding(clock, most, identity, edge)));
  });
}

function exceeding(clock: ClockBound, most: number, identity: IdentityNode, edge?: EdgeNode): string[] {
  const actual = bounds(lifetimeOf(identity, edge)).get(clock);
  const where = edge ? ` on ${edge.mountPath}` : "";
  const lines = [identity, ...(edge ? [edge] : [])].map(({ source, path }) => source ?? path).join(", ");
  const who = `${identityId(identity.key)}${where}`;
  if (actual === undefined) return [`${who}: ${clock} is not known, its auth role is declared elsewhere (${lines})`];
  return actual > most
    ? [`${who}: ${clock} is ${formatSeconds(actual)}, more than ${formatSeconds(most)} (${lines})`]
    : [];
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

function secondsOf(clock: string, bound: TimeBound | undefined): number {
  const text = String(bound);
  const seconds =
    typeof bound === "object"
      ? bound.toSeconds()
      : typeof bound === "string" && /^(\d+[smhd])+$/.test(bound)
        ? [...bound.matchAll(/(\d+)([smhd])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit], 0)
        : bound;
  if (typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new QuestionError(
    `${clock} is bounded by ${JSON.stringify(text)}, which is not a length of time: write seconds, "90s", "15m", "1h30m" or "7d"`,
  );
}
