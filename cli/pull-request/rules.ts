import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Acknowledged } from "../../access/findings/acknowledgement";
import type { Finding } from "../../access/findings/finding";
import { FINDINGS_FILE, parseFindings } from "../../access/findings/findings-file";
import type { AccessGraph } from "../../access/model/graph";
import { check } from "../../access/rules/check";
import { JsonObject, programOf } from "../../access/rules/program";
import { isPlain, StackTexts } from "./stacks";

/** What `leasehold check` says of one side, or why it says nothing. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly acknowledged: readonly Acknowledged[];
  /** Parts that no rule could read. */
  readonly unseen: number;
  /** Why nothing was checked: what the program did, without its subject. */
  readonly problem?: string;
}

/** What a change does to the findings of the rules. */
export interface RuleChanges {
  readonly added: readonly Finding[];
  readonly acknowledged: readonly Acknowledged[];
  readonly gone: number;
  readonly same: number;
  readonly unseen: number;
  readonly problem?: string;
}

/** Checks what one side synthesized. The folder may hold anything: what cannot be checked is said, and never thrown. */
export function checkSide(folder: string, graph: AccessGraph, stacks: StackTexts, today: string): Checked {
  const nothing = { findings: [], acknowledged: [], unseen: 0 };
  const file = join(folder, FINDINGS_FILE);
  if (!isPlain(file, "file")) return { ...nothing, problem: `left no \`${FINDINGS_FILE}\`` };
  try {
    const said = parseFindings(readFileSync(file, "utf8"));
    const documents = [...stacks].map(([name, document]) => ({ name, document: document as JsonObject }));
    const program = programOf(documents, graph, said);
    const judged = check(program, { advised: said.findings, acknowledgements: said.acknowledgements, today });
    for (const { code, path, message, sources } of judged.findings)
      if (![code, path, message, ...sources].every((text) => typeof text === "string"))
        return { ...nothing, problem: `left a \`${FINDINGS_FILE}\` that Leasehold does not write` };
    return { ...judged, unseen: program.unseen.length };
  } catch {
    return { ...nothing, problem: "left files that the rules cannot read" };
  }
}

/** Two findings are the same where they say the same about the same construct. */
export function compareRules(base: Checked | undefined, head: Checked): RuleChanges {
  const key = ({ code, path, message }: Finding): string => JSON.stringify([code, path, message]);
  const before = new Set(base?.findings.map(key));
  const accepted = new Set(base?.acknowledged.map(({ finding }) => key(finding)));
  const now = new Set(head.findings.map(key));
  // What was acknowledged meanwhile is still there.
  const there = new Set([...now, ...head.acknowledged.map(({ finding }) => key(finding))]);
  return {
    added: head.findings.filter((finding) => !before.has(key(finding))),
    acknowledged: head.acknowledged.filter(({ finding }) => !accepted.has(key(finding))),
    gone: [...before].filter((one) => !there.has(one)).length,
    same: [...now].filter((one) => before.has(one)).length,
    unseen: head.unseen,
    ...(head.problem !== undefined && { problem: head.problem }),
  };
}
