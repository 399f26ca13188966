import { size, take } from "../../render/budget";
import { markdownCellCode, markdownCode } from "../../render/escape";
import { PLANNED_ACTIONS, PlannedStack, PlanSummary } from "./plan";
import type { RuleChanges } from "./rules";
import type { StackChanges } from "./stacks";

/** What stands below the access part of the comment: all of it folded, all of it cut before access is. */

/** A word that a job or a file gave, so that it stays one. */
export function codeOf(text: string): string {
  return markdownCode(text);
}

/** What `leasehold check` finds that it did not find before: open, since it is new. What was found before is counted. */
export function ruleSection(rules: RuleChanges, room: number): string | undefined {
  const { added, acknowledged, gone, same, unseen, problem } = rules;
  if (problem !== undefined) return `Rules: not checked. The program of the pull request ${problem}.`;
  const title = counts([
    [added.length, added.length === 1 ? "new finding" : "new findings"],
    [acknowledged.length, "acknowledged"],
    [gone, "gone"],
    [same, "as before"],
    [unseen, unseen === 1 ? "part not read" : "parts not read"],
  ]);
  if (title === "nothing") return undefined;
  const lines = [
    ...added.map(({ severity, code, path, message, sources }) => {
      const where = sources.length > 0 ? ` (${sources.map(codeOf).join(", ")})` : "";
      return `- **${severity === "error" ? "error" : "warning"}** ${codeOf(code)} at ${codeOf(path)}${where}: ${codeOf(message)}`;
    }),
    ...acknowledged.map(
      ({ finding, acknowledgement }) =>
        `- acknowledged: ${codeOf(String(finding.code))} at ${codeOf(String(finding.path))}: ${codeOf(String(acknowledgement.reason))}`,
    ),
  ];
  if (lines.length === 0) return `Rules: ${title}.`;
  const shown = take(lines, room - 400).count;
  return fold(`Rules: ${title}`, [
    lines.slice(0, shown).join("\n"),
    notShown(lines.length - shown, "finding"),
    "`npx leasehold check` says how to put each right.",
  ]);
}

/** Which stacks Terraform is given something else for, and how much a plan says would change. */
export function stackSection(changes: StackChanges, plan: PlanSummary | undefined, room: number): string {
  const { added, changed, removed, same } = changes;
  const title = counts([
    [added.length, "added"],
    [changed.length, "changed"],
    [removed.length, "removed"],
    [same, "unchanged"],
  ]);
  const planned = new Map(plan?.stacks.map((stack) => [stack.stack, stack]));
  const rows = [
    ...removed.map((name) => row("−", name, "removed", "not planned: destroy it before its code is gone")),
    ...changed.map((name) => row("~", name, "changed", plan && planWords(planned.get(name)))),
    ...added.map((name) => row("+", name, "added", plan && planWords(planned.get(name)))),
  ];
  if (rows.length === 0) return `Stacks: ${title}.`;
  const head = "| ± | Stack | Change | Plan |\n| --- | --- | --- | --- |";
  const shown = take(rows, room - size(head) - 300).count;
  return fold(`Stacks: ${title}`, [[head, ...rows.slice(0, shown)].join("\n"), notShown(rows.length - shown, "stack")]);
}

/** Each resource that a plan would change: its address, never a value of it. */
export function planSection(changes: StackChanges, plan: PlanSummary | undefined, room: number): string | undefined {
  const wanted = new Set([...changes.added, ...changes.changed]);
  const stacks = plan?.stacks.filter(({ stack, resources = [] }) => wanted.has(stack) && resources.length > 0) ?? [];
  const lines = stacks
    .flatMap(({ stack, resources = [] }) => resources.map(({ address, action }) => ({ stack, address, action })))
    // Over all stacks: of what is cut, what destroys must be cut last.
    .sort((a, b) => PLANNED_ACTIONS.indexOf(a.action) - PLANNED_ACTIONS.indexOf(b.action))
    .map(({ stack, address, action }) => `- ${action} ${markdownCode(address)} in ${markdownCode(stack)}`);
  if (lines.length === 0) return undefined;
  const shown = take(lines, room - 400).count;
  return fold(`Planned resources: ${lines.length}`, [
    lines.slice(0, shown).join("\n"),
    notShown(lines.length - shown, "resource"),
  ]);
}

/** What the comment is about, so that one that is out of date can be seen to be. */
export function footer(about: { readonly base?: string; readonly head?: string; readonly run?: string }): string {
  const commit = (text: string | undefined): string | undefined =>
    text !== undefined && /^[0-9a-f]{7,64}$/.test(text) ? `\`${text.slice(0, 12)}\`` : undefined;
  const [head, base] = [commit(about.head), commit(about.base)];
  const run =
    about.run !== undefined && /^https?:\/\/[\w.:-]+(\/[\w.-]+)+$/.test(about.run) ? `[run](${about.run})` : undefined;
  const commits = head && (base ? `${head} compared with ${base}` : head);
  const parts = [commits, run, "access is compared from what both sides synthesize"];
  return `<sub>${parts.filter(Boolean).join(" · ")}</sub>`;
}

function row(sign: string, name: string, change: string, plan: string | undefined): string {
  return `| ${sign} | ${markdownCellCode(name)} | ${change} | ${plan ?? "not asked for"} |`;
}

function planWords(stack: PlannedStack | undefined): string {
  if (stack?.resources === undefined) return `no plan: ${stack?.failed ?? "none was made"}`;
  const { resources } = stack;
  return counts(PLANNED_ACTIONS.map((action) => [resources.filter((one) => one.action === action).length, action]));
}

function counts(all: readonly (readonly [number, string])[]): string {
  const found = all.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return found.length > 0 ? found.join(", ") : "nothing";
}

function notShown(count: number, noun: string): string | undefined {
  return count > 0 ? `**${count} ${noun}${count === 1 ? "" : "s"} not shown**, for want of room.` : undefined;
}

function fold(title: string, blocks: readonly (string | undefined)[]): string {
  const body = blocks.filter((block) => block !== undefined && block !== "").join("\n\n");
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}
