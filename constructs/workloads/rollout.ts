import { Construct } from "constructs";
import { Duration, formatSeconds } from "../../access/model/duration";
import { report } from "../private/findings";

/** A number of pods, or the share of them that a text such as "25%" says. @param round of a share: pods are whole */
export function podsOf(value: number | string, pods: number, round: (share: number) => number): number {
  const share = /^(\d{1,5})%$/.exec(String(value))?.[1];
  return share === undefined ? Number(value) || 0 : round((pods * Number(share)) / 100);
}

/** What decides how long the rollout of a workload takes. */
export interface RolloutSteps {
  /** Steps that come one after the other. */
  readonly steps: number;
  /** The least seconds that each step takes, by the name of what takes them. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Reports a time for a rollout that is too short, with the inequality that fails. */
export function checkRollout(scope: Construct, rollout: Duration | undefined, { steps, parts }: RolloutSteps): void {
  if (!rollout) return;
  const step = Object.values(parts).reduce((sum, part) => sum + part, 0);
  if (steps * step < rollout.toSeconds()) return;
  const named = Object.entries(parts).filter(([, part]) => part > 0);
  const sum = named.map(([name, part]) => `${name} ${formatSeconds(part)}`).join(" + ");
  report(scope, {
    code: "drain",
    message: `${steps} ${steps === 1 ? "step" : "steps one after the other"} × (${sum}) = ${formatSeconds(steps * step)} is not less than rollout ${rollout}`,
    fix: "give `rollout` more time, or the pods less",
  });
}

/** How long `apply` waits for a rollout. */
export function rolloutTimeouts(rollout: Duration | undefined): { create: string; update: string } | undefined {
  return rollout && { create: rollout.toString(), update: rollout.toString() };
}
