import { IConstruct } from "constructs";
import { Acknowledgement, covers } from "../../access/findings/acknowledgement";
import { Finding, FINDING_CODES } from "../../access/findings/finding";
import { nearNames } from "../../access/questions/near";
import { RULES } from "../../access/rules/all";
import { noteChange } from "../private/changes";
import { report } from "../private/findings";
import { checkedOptions } from "../private/options";
import { userLine } from "../private/source-line";
import { rootOf } from "../private/arguments";

/** What somebody has looked at and means. */
export interface AcknowledgementProps {
  /** Code of the finding in docs/findings.md, or id of the rule in docs/rules.md. */
  readonly code: string;
  /** Why it is as it is. Refused: an empty one. */
  readonly reason: string;
  /** Last day on which it counts, in UTC: "2027-03-31". After it the finding is there again. @default - it does not end */
  readonly until?: string;
  /** Who looked: a person or a team. @default - nobody is named; the line tells who wrote it */
  readonly by?: string;
}

const KEY = "leasehold:acknowledgement";

/** Refusals that a person may acknowledge. The others say what cannot work, and cannot be acknowledged. */
const REFUSALS: readonly string[] = ["dev-production", "sslmode-production"];

/** Findings that were looked at. */
export class Findings {
  /**
   * Acknowledges a finding of a construct, and of those that stand in it: `leasehold check` and the warnings at synthesis leave it
   * out of what is to be done, and show it with its reason. One that ended, or that covers nothing any more, is a finding itself.
   *
   * Of what synthesis refuses, only what production refuses of a sandbox can be acknowledged.
   */
  static acknowledge(scope: IConstruct, given: AcknowledgementProps): void {
    rootOf(scope, "Findings.acknowledge");
    const props = checkedOptions(scope, "AcknowledgementProps", given);
    for (const [message, fix] of problemsOf(scope, props)) report(scope, { code: "acknowledgement", message, fix });
    const { code, reason, until, by } = props;
    const source = userLine();
    const acknowledgement: Acknowledgement = {
      path: scope.node.path,
      ...{ code, reason },
      ...(until !== undefined && { until }),
      ...(by !== undefined && { by }),
      ...(source !== undefined && { source }),
    };
    scope.node.addMetadata(KEY, acknowledgement);
    noteChange(scope);
  }

  private constructor() {}
}

function* problemsOf(
  scope: IConstruct,
  { code, reason, until }: AcknowledgementProps,
): Generator<readonly [message: string, fix: string]> {
  const codes = [...FINDING_CODES, ...RULES.map(({ id }) => id)];
  const [near] = nearNames(code, codes);
  if (!codes.includes(code))
    yield [
      `there is no finding ${JSON.stringify(code)}${near === undefined ? "" : `: did you mean ${near}?`}`,
      "name a code of docs/findings.md or a rule of docs/rules.md",
    ];
  if (typeof reason !== "string" || reason.trim() === "")
    yield [`the acknowledgement of ${code} gives no reason`, "say in `reason` why it is meant"];
  if (until !== undefined && !isDay(until))
    yield [`${JSON.stringify(until)} is not a date`, 'write the last day on which it counts as "2027-03-31"'];
  if (scope.node.path === "")
    yield [
      `the acknowledgement of ${code} is for the whole program, which nobody has looked at`,
      "acknowledge it for the stack or the construct that it is about",
    ];
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Every acknowledgement of these constructs. */
export function acknowledgementsOf(constructs: readonly IConstruct[]): Acknowledgement[] {
  return constructs.flatMap(({ node }) =>
    node.metadata.filter(({ type }) => type === KEY).map(({ data }) => data as Acknowledgement),
  );
}

/** Findings without those that somebody answers for, today. */
export function unacknowledged(findings: readonly Finding[], constructs: readonly IConstruct[]): Finding[] {
  const today = new Date().toISOString().slice(0, 10);
  const live = acknowledgementsOf(constructs).filter(({ until }) => until === undefined || until >= today);
  return findings.filter((finding) => !acknowledgeable(finding) || !live.some((one) => covers(one, finding)));
}

function acknowledgeable({ code, severity }: Finding): boolean {
  return (severity === "warning" && code !== "acknowledgement") || REFUSALS.includes(code);
}
