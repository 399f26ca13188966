import type { Finding } from "./finding";
import { at } from "./place";

/** Somebody looked at a finding, and means what it is about: why, and until when. */
export interface Acknowledgement {
  /** Path of the construct; what stands below it is covered, too. */
  readonly path: string;
  /** Code of the finding, or id of the rule. */
  readonly code: string;
  readonly reason: string;
  /** Last day on which it counts, such as "2027-03-31". Absent where it does not end. */
  readonly until?: string;
  /** Who looked. */
  readonly by?: string;
  /** The user's line. */
  readonly source?: string;
}

/** A finding that somebody acknowledged. */
export interface Acknowledged {
  readonly finding: Finding;
  readonly acknowledgement: Acknowledgement;
}

/** Findings, and what is acknowledged of them. */
export interface Judged {
  readonly findings: readonly Finding[];
  readonly acknowledged: readonly Acknowledged[];
}

/**
 * What is left of the findings, and beside it each acknowledgement that has run out or covers nothing.
 *
 * @param today such as "2026-11-28", in UTC
 */
export function judge(found: readonly Finding[], acknowledgements: readonly Acknowledgement[], today: string): Judged {
  const live = acknowledgements.filter(({ until }) => until === undefined || until >= today);
  const findings: Finding[] = [];
  const acknowledged: Acknowledged[] = [];
  for (const finding of found) {
    const acknowledgement = live.find((one) => covers(one, finding));
    if (acknowledgement) acknowledged.push({ finding, acknowledgement });
    else findings.push(finding);
  }
  for (const one of acknowledgements) {
    const ended = !live.includes(one);
    const covered = found.some((finding) => covers(one, finding));
    if (covered && !ended) continue;
    findings.push(
      at([one], {
        code: "acknowledgement",
        severity: "warning",
        message: !covered
          ? `the acknowledgement of ${one.code} covers no finding any more`
          : `the acknowledgement of ${one.code} ended on ${one.until}: ${one.reason}`,
        fix: covered ? "put right what it was about, or look again and give it another day" : "take it out",
      }),
    );
  }
  return { findings, acknowledged };
}

/** Whether the finding is one that was acknowledged: it has the code, and is of the construct or of one below it. */
export function covers({ path, code }: Acknowledgement, finding: Finding): boolean {
  return finding.code === code && `${finding.path}/`.startsWith(`${path}/`);
}
