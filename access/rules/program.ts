import type { AccessGraph, Provenance } from "../model/graph";
import { first, object } from "../terraform/json";
import { installedBy } from "./chart-pods";
import { chartsOf, Chart } from "./charts";
import { writtenBy } from "./endpoints";
import { heldBy } from "./manifests";
import { Pod, podOf } from "./pods";
import type { Resource, Unseen } from "./resource";
import { pathOf, Placed, resourcesOf, settingsOf, StackDocument } from "./stack";
import { unknownIn, unreadIn } from "./unseen";

export * from "../terraform/json";
export type { Resource, Unseen } from "./resource";
export type { StackDocument } from "./stack";

/** A synthesized program, as the rules read it. */
export interface Program {
  /** Whether it is held to production. */
  readonly production: boolean;
  readonly graph: AccessGraph;
  readonly resources: readonly Resource[];
  /** Provider blocks and backends, one of each and stack. */
  readonly settings: readonly Resource[];
  /** What runs as a pod, whatever makes it. */
  readonly pods: readonly Pod[];
  /** Helm releases of Vault's chart whose values were read. */
  readonly charts: readonly Chart[];
  /** Those and all others. */
  readonly releases: readonly Chart[];
  /** What no rule has looked into, and why. */
  readonly unseen: readonly Unseen[];
}

/** @param lines the user's line of each construct path, where it is known; a path below stands for that of its parent */
export function programOf(
  stacks: readonly StackDocument[],
  graph: AccessGraph,
  said: { readonly production: boolean; readonly lines: Readonly<Record<string, string>> },
): Program {
  const placed = (path: string): Provenance => {
    const source = lineOf(path, said.lines);
    return { path, ...(source !== undefined && { source }) };
  };
  const read = stacks.map((stack) => readStack(stack, placed));
  const resources = read.flatMap((stack) => stack.resources);
  const settings = stacks.flatMap((stack) => settingsOf(stack, placed));
  const charts = chartsOf(resources);
  const installed = charts.read.map(installedBy);
  const all = [...resources, ...installed.flatMap((one) => one.resources)];
  return {
    production: said.production,
    graph,
    resources: all,
    settings,
    pods: all.flatMap((resource) => podOf(resource) ?? []),
    charts: charts.read,
    releases: [...charts.read, ...charts.others],
    unseen: [
      ...read.flatMap(({ unseen }) => unseen),
      ...charts.unseen,
      ...installed.flatMap(({ unseen }) => unseen),
      ...settings.flatMap(unreadIn),
    ],
  };
}

/** What rules read of a stack: its resources, what stands inside of them, and what cannot be read. */
function readStack(
  stack: StackDocument,
  placed: Placed,
): { readonly resources: Resource[]; readonly unseen: Unseen[] } {
  const { name, document } = stack;
  const carriers = resourcesOf(stack, placed);
  const held = carriers.map((carrier) => ({ carrier, ...heldBy(carrier) }));
  const written = carriers.map((carrier) => ({ carrier, ...writtenBy(carrier) }));
  const resources = [
    // A manifest that is read stands for what it makes.
    ...held.flatMap(({ carrier, objects }) => (objects.length > 0 ? objects : [carrier])),
    ...written.flatMap((one) => one.resources),
  ];
  const modules = Object.entries(object(document.module)).map(([id, body]) => ({
    ...placed(pathOf(first(body), name)),
    why: `module ${id}: what it makes is not read`,
  }));
  const why = [...held, ...written].flatMap(({ carrier, why: all }) => all.map((one) => unread(carrier, one)));
  const known = new Set(
    held.filter((one) => one.objects.length + one.why.length > 0).map((one) => one.carrier.address),
  );
  return {
    resources,
    unseen: [
      ...modules,
      ...why,
      ...resources.flatMap(unreadIn),
      ...unknownIn(name, document, known).map((one) => ({ ...placed(name), why: one })),
    ],
  };
}

function unread({ path, source, address }: Resource, why: string): Unseen {
  return { path, ...(source !== undefined && { source }), why: `${address}: ${why}` };
}

/** The line of a construct, or of the nearest one that it stands in. */
export function lineOf(path: string, lines: Readonly<Record<string, string>>): string | undefined {
  for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/"))))
    if (Object.hasOwn(lines, at)) return lines[at];
  return undefined;
}
