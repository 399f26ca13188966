import { CODES, EffectiveFinding, subjectOf } from "./finding";

/** A finding that somebody looked at and means: by its code, and by its object unless it stands for all. */
export interface Acceptance {
  readonly code: EffectiveFinding["code"];
  /** As findings show it, such as `function sales.peek()`. */
  readonly object?: string;
}

/** What no operator can mean, because every other finding rests on it. */
const NEVER: ReadonlySet<string> = new Set(["lease-functions-differ", "lease-forged"]);

/** Reads `definer-function` or `definer-function=function sales.peek()`. @throws for a code that there is not */
export function parseAcceptance(text: string): Acceptance {
  const [, code, object] = /^([^=]*)(?:=(.*))?$/s.exec(text) as RegExpExecArray;
  const known = CODES.find((candidate) => candidate === code);
  if (known === undefined)
    throw new Error(`there is no finding ${JSON.stringify(code)}: choose among ${CODES.join(", ")}`);
  if (NEVER.has(known))
    throw new Error(
      `${known} cannot be accepted: whoever made it can get every login, or has one that nothing ends; put it right as the finding says`,
    );
  return { code: known, ...(object !== undefined && { object }) };
}

/** What is left, what was accepted, and acceptances that no finding answers to any more. */
export function accept(
  findings: readonly EffectiveFinding[],
  acceptances: readonly Acceptance[],
): {
  readonly findings: readonly EffectiveFinding[];
  readonly accepted: readonly EffectiveFinding[];
  readonly unused: readonly Acceptance[];
} {
  const covers = (finding: EffectiveFinding, { code, object }: Acceptance): boolean =>
    finding.code === code && (object === undefined || object === subjectOf(finding));
  const accepted = findings.filter((finding) => acceptances.some((acceptance) => covers(finding, acceptance)));
  return {
    findings: findings.filter((finding) => !accepted.includes(finding)),
    accepted,
    unused: acceptances.filter((acceptance) => !findings.some((finding) => covers(finding, acceptance))),
  };
}
