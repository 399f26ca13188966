import { digestOf } from "../model/digest";
import {
  AccessGraph,
  byCodeUnit,
  databaseId,
  type DatabaseNode,
  unknownRights,
  type WorkloadNode,
  workloadName,
} from "../model/graph";
import type { UnclassifiedNode } from "./report";

/** Something that the model does not explain, and that was added, removed or changed. */
export interface UnclassifiedChange {
  readonly verdict: "unclassified";
  readonly change: "added" | "removed" | "changed";
  readonly before?: UnclassifiedNode;
  readonly after?: UnclassifiedNode;
  /** The version of a base that an older Leasehold wrote in other words: whether it changed cannot be told. */
  readonly older?: string;
}

/**
 * The differences in what the model does not explain. Two blocks that say the same to the same servers are the same block, whatever
 * their names and stacks are. Of the others, two with one address are one block that changed.
 *
 * @param readFrom of the first, if it is of an older version
 */
export function unclassifiedChanges(
  before: readonly UnclassifiedNode[],
  after: readonly UnclassifiedNode[],
  readFrom?: string,
): UnclassifiedChange[] {
  const older = readFrom !== undefined && Number(readFrom.split(".")[1]) < DIGESTS ? readFrom : undefined;
  const address = (node: UnclassifiedNode): string => JSON.stringify([node.stack, node.block, node.type, node.name]);
  const content = (node: UnclassifiedNode): string => JSON.stringify([node.block, node.type, node.reason, node.digest]);

  let [was, is] = [before, after];
  // First those that stayed where they were, so that of two equal blocks the one that moved is the one that is matched later.
  [was, is] = without(was, is, [(node) => address(node) + content(node)]);
  [was, is] = without(
    was,
    is,
    [placesOf(before, after), placesOf(after, before)].map((place) => (node) => content(node) + place(node)),
  );

  const [old, now] = [was, is].map((nodes) => byAddress(nodes, address));
  return [...new Set([...old.keys(), ...now.keys()])].sort(byCodeUnit).map((key) => {
    const [b, a] = [old.get(key), now.get(key)];
    const change = b && a ? "changed" : b ? "removed" : "added";
    const unsure = older !== undefined && b && a && b.reason === a.reason;
    return {
      verdict: "unclassified",
      change,
      ...(b && { before: b }),
      ...(a && { after: a }),
      ...(unsure && { older }),
    };
  });
}

/** Since this minor version a digest says which kept secret a block refers to, and of a mount no longer for how long its logins may live. */
const DIGESTS = 3;

/** Workloads of which a base of an older version does not say who comes in by them. */
export function unsaidChanges(workloads: readonly WorkloadNode[], readFrom = ""): UnclassifiedChange[] {
  return workloads.map((workload) => {
    const { path, source } = workload;
    const name = workloadName(workload);
    const place = { path, ...(source !== undefined && { source }), stack: "access.json", block: "report" } as const;
    const after = { ...place, type: "workload", name, reason: "unknown", digest: digestOf([name, "unsaid"]) } as const;
    return { verdict: "unclassified", change: "changed", after, older: readFrom };
  });
}

/** Files that the head did not read: that they are those of the base would be a guess. @param told what is a change already */
export function unreadChanges(
  after: readonly UnclassifiedNode[],
  told: readonly UnclassifiedChange[],
): UnclassifiedChange[] {
  return after
    .filter((node) => node.reason === "unread" && !told.some((change) => change.after === node))
    .map((node) => ({ verdict: "unclassified", change: "changed", after: node }));
}

/** Databases of which it is not known what PUBLIC and the owners may do, as something that the graph does not explain. */
export function rightsNodes(graph: Pick<AccessGraph, "databases">): UnclassifiedNode[] {
  return unknownRights(graph).map(rightsNode);
}

function rightsNode(node: DatabaseNode): UnclassifiedNode {
  const { path, source } = node;
  return {
    path,
    ...(source !== undefined && { source }),
    stack: path.split("/")[0],
    block: "database",
    type: "",
    name: databaseId(node),
    reason: "rights",
    digest: digestOf([node.instance, node.database]),
  };
}

/**
 * Databases of which it was known, or which were not there. What stays unknown changes nothing, and where it is looked up or the database goes
 * nobody gets more.
 */
export function rightsChanges(before: AccessGraph, after: AccessGraph): UnclassifiedChange[] {
  const was = new Set(rightsNodes(before).map(({ digest }) => digest));
  const there = new Set(before.databases.map(databaseId));
  return rightsNodes(after)
    .filter(({ digest }) => !was.has(digest))
    .map((node) => ({ verdict: "unclassified", change: there.has(node.name) ? "changed" : "added", after: node }));
}

/**
 * What the base says and the head is silent about, of the same program: that it is gone would be a guess. Of a database that is known to both,
 * a head that says nothing of the rights of PUBLIC claims that Leasehold made it, and took them away.
 */
export function silences(before: AccessGraph, after: AccessGraph): UnclassifiedChange[] {
  const saidRights = ({ publicRights, knownRights, external }: DatabaseNode): boolean =>
    external || publicRights !== undefined || knownRights !== undefined;
  const silent = new Set(after.databases.filter((node) => !saidRights(node)).map(databaseId));
  const nodes = before.databases.filter((node) => !node.external && saidRights(node) && silent.has(databaseId(node)));
  return [
    ...(before.workloads && !after.workloads ? [reportNode("/graph/workloads")] : []),
    ...nodes.map((node) => ({ ...rightsNode(node), digest: digestOf([databaseId(node), "silent"]) })),
  ].map((node) => ({ verdict: "unclassified", change: "changed", after: node }));
}

function reportNode(pointer: string): UnclassifiedNode {
  const place = { path: pointer, stack: "access.json", block: "report", type: pointer, name: "" } as const;
  return { ...place, reason: "unknown", digest: digestOf([pointer, "silent"]) };
}

/**
 * Where a block may stand so that it says the same to the same servers.
 *
 * - A block that names no provider uses the one of its type in its stack that has no alias. It may move to a stack whose provider of
 *   that type says the same.
 * - A block of ours moves together with blocks that the graph explains, which are not listed. It may move to a stack in which all
 *   providers say the same.
 * - A provider stays in its stack, since every block there may use it. It may change its alias; it may neither get one nor lose it.
 * - A stack that the other side does not have counts as one that was renamed.
 */
function placesOf(
  nodes: readonly UnclassifiedNode[],
  other: readonly UnclassifiedNode[],
): (node: UnclassifiedNode) => string {
  const known = new Set(other.map(({ stack }) => stack));
  const around = new Map<string, UnclassifiedNode[]>();
  for (const node of nodes) {
    if (node.block !== "provider") continue;
    const providers = around.get(node.stack);
    if (providers) providers.push(node);
    else around.set(node.stack, [node]);
  }
  return ({ block, type, name, reason, stack }) => {
    if (block === "provider") return JSON.stringify([name === "", known.has(stack) ? stack : null]);
    const alone = reason === "raw" && block !== "module";
    const asked = (around.get(stack) ?? []).filter((provider) => !alone || provider.type === type.split("_")[0]);
    return JSON.stringify(
      asked.map((provider) => JSON.stringify([provider.type, provider.name === "", provider.digest])).sort(byCodeUnit),
    );
  };
}

/** By address. Several that share one are several: none may hide behind another. */
function byAddress(
  nodes: readonly UnclassifiedNode[],
  address: (node: UnclassifiedNode) => string,
): Map<string, UnclassifiedNode> {
  const found = new Map<string, UnclassifiedNode>();
  const counts = new Map<string, number>();
  for (const node of [...nodes].sort((a, b) => byCodeUnit(a.reason + a.digest, b.reason + b.digest))) {
    const key = address(node);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    found.set(count === 0 ? key : `${key} ${count}`, node);
  }
  return found;
}

type Key = (node: UnclassifiedNode) => string;

/** Both lists without the pairs that have the same key. @param keys of both sides, or one for both */
function without(
  before: readonly UnclassifiedNode[],
  after: readonly UnclassifiedNode[],
  [keyBefore, keyAfter = keyBefore]: readonly Key[],
): [UnclassifiedNode[], UnclassifiedNode[]] {
  const count = (nodes: readonly UnclassifiedNode[], key: Key): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const node of nodes) counts.set(key(node), (counts.get(key(node)) ?? 0) + 1);
    return counts;
  };
  const rest = (
    nodes: readonly UnclassifiedNode[],
    key: Key,
    other: ReadonlyMap<string, number>,
  ): UnclassifiedNode[] => {
    const pairs = new Map(other);
    return nodes.filter((node) => {
      const left = pairs.get(key(node)) ?? 0;
      pairs.set(key(node), left - 1);
      return left <= 0;
    });
  };
  const [b, a] = [count(before, keyBefore), count(after, keyAfter)];
  return [rest(before, keyBefore, a), rest(after, keyAfter, b)];
}
