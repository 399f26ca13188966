import { byCodeUnit } from "../../access/model/graph";
import { at, listAt, textAt } from "../../forge/json";

/** What Terraform would do to a resource, in the words of `terraform plan`. */
export type PlannedAction = "create" | "update" | "replace" | "delete" | "forget" | "import" | "move" | "unknown";

/** In the order in which people should read them: what destroys first. */
export const PLANNED_ACTIONS: readonly PlannedAction[] = [
  "delete",
  "replace",
  "unknown",
  "forget",
  "update",
  "create",
  "import",
  "move",
];

/** One resource that a plan changes: where it stands, and never what is in it. */
export interface PlannedResource {
  readonly address: string;
  readonly action: PlannedAction;
}

export interface PlannedStack {
  readonly stack: string;
  /** Absent when there is no plan. */
  readonly resources?: readonly PlannedResource[];
  /** Why there is no plan: our own words, nothing of what a tool printed. */
  readonly failed?: string;
}

/** What the job with credentials hands on: all that it hands on. */
export interface PlanSummary {
  readonly version: 1;
  readonly stacks: readonly PlannedStack[];
}

const MOST_RESOURCES = 100_000;
const LONGEST_ADDRESS = 2_000;

/**
 * What `terraform show -json` says of a plan, reduced to addresses and actions. Values, also those that are not marked as
 * sensitive, outputs, variables and error messages are not looked at: what was never read cannot be shown.
 *
 * @throws when it is not a plan, or a plan that is not whole
 */
export function summarizePlan(stack: string, plan: unknown): PlannedStack {
  if (!/^1\.\d+$/.test(textAt(plan, "format_version") ?? "")) throw new Error("no plan of format 1");
  if (at(plan, "errored") === true) throw new Error("the plan is not whole");
  const changes = listAt(plan, "resource_changes");
  if (changes.length > MOST_RESOURCES) throw new Error("too many resources");
  const resources = changes.flatMap((change): PlannedResource[] => {
    const address = textAt(change, "address");
    if (address === undefined) throw new Error("a resource without an address");
    const action = actionOf(change);
    return action === undefined ? [] : [{ address: address.slice(0, LONGEST_ADDRESS), action }];
  });
  return { stack, resources: sorted(resources) };
}

function actionOf(change: unknown): PlannedAction | undefined {
  const actions = listAt(change, "change", "actions");
  const moved = textAt(change, "previous_address");
  switch (actions.join()) {
    case "no-op":
      if (at(change, "change", "importing") !== undefined) return "import";
      return moved !== undefined && moved !== textAt(change, "address") ? "move" : undefined;
    // Data sources: nothing is changed.
    case "read":
      return undefined;
    case "create":
    case "update":
    case "delete":
    case "forget":
      return actions[0] as PlannedAction;
    case "delete,create":
    case "create,delete":
    case "create,forget":
      return "replace";
    // A later Terraform's: shown, never left out.
    default:
      return "unknown";
  }
}

/** The summary that another job wrote. @throws for anything else: code of the pull request may have changed it */
export function readSummary(text: string): PlanSummary {
  const json = JSON.parse(text) as unknown;
  if (at(json, "version") !== 1 || !Array.isArray(at(json, "stacks"))) throw new Error("no summary of version 1");
  const stacks = listAt(json, "stacks").map((entry): PlannedStack => {
    const stack = textAt(entry, "stack");
    if (stack === undefined) throw new Error("a stack without a name");
    const resources = at(entry, "resources");
    if (resources === undefined) return { stack, failed: failureOf(textAt(entry, "failed")) };
    if (!Array.isArray(resources) || resources.length > MOST_RESOURCES)
      throw new Error("a stack whose resources are not a list");
    return {
      stack,
      resources: sorted(
        resources.map((resource: unknown): PlannedResource => {
          const [address, action] = [textAt(resource, "address"), textAt(resource, "action")];
          if (address === undefined || action === undefined) throw new Error("a resource without an address or action");
          const known = PLANNED_ACTIONS.find((one) => one === action) ?? "unknown";
          return { address: address.slice(0, LONGEST_ADDRESS), action: known };
        }),
      ),
    };
  });
  return { version: 1, stacks };
}

/** Why a stack has no plan, as it may be written down. */
export const PLAN_FAILURES = [
  "init or plan failed",
  "the plan cannot be read",
  "its name cannot be passed to cdktf",
] as const;

function failureOf(text: string | undefined): string {
  return PLAN_FAILURES.find((failure) => failure === text) ?? "no plan";
}

function sorted(resources: readonly PlannedResource[]): PlannedResource[] {
  const rank = ({ action }: PlannedResource): number => PLANNED_ACTIONS.indexOf(action);
  return [...resources].sort((a, b) => rank(a) - rank(b) || byCodeUnit(a.address, b.address));
}
