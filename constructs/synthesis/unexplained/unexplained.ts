import { TerraformElement, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import type { NotJudged, UnclassifiedNode } from "../../../access/report/report";
import { listsBy } from "../../../access/model/lists-by";
import { isMarked } from "../../private/guards";
import { elementsOfOurs, ProgramFacts } from "../../private/origin";
import type { Block } from "./document";
import { WholeProject } from "./content";
import { providersOf } from "./judge";
import { StackFiles, StackReader } from "./stack-reader";

/** Everything of a program that the access graph does not explain. */
export interface Unexplained {
  readonly unclassified: readonly UnclassifiedNode[];
  readonly notJudged: readonly NotJudged[];
}

/** @param filesOf what Terraform will get of a stack */
export function findUnexplained(root: IConstruct, filesOf: (stack: TerraformStack) => StackFiles): Unexplained {
  const all = root.node.findAll();
  const facts: ProgramFacts = { vaultServers: all.filter((child) => isMarked(child, "VaultServer")).length };
  const stacks = all.filter((child): child is TerraformStack => TerraformStack.isStack(child));
  const project = new WholeProject();
  const readers = stacks.map((stack) => new StackReader(stack, filesOf(stack), facts, project));
  const outputs = readers.map((reader) => reader.outputs).sort();
  for (const reader of readers) reader.readOutputs(outputs);
  const severalVaults = new Set(readers.flatMap(({ vault }) => vault ?? [])).size > 1;
  const missing = takenOut(root, new Set(all));
  const unclassified = readers.flatMap((reader) => reader.read(missing.get(reader.stack) ?? [], severalVaults));
  return { unclassified, notJudged: countByProvider(readers.flatMap((reader) => reader.notJudged)) };
}

/** What Leasehold made and somebody took out of the tree again. */
function takenOut(root: IConstruct, present: ReadonlySet<IConstruct>): Map<TerraformStack, TerraformElement[]> {
  const missing = [...elementsOfOurs(root)].filter((element) => !present.has(element));
  return listsBy(missing, (element) => TerraformStack.of(element));
}

function countByProvider(blocks: readonly Block[]): NotJudged[] {
  const counts = new Map<string, number>();
  for (const block of blocks) {
    const [provider] = providersOf(block);
    counts.set(provider, (counts.get(provider) ?? 0) + 1);
  }
  return [...counts].map(([provider, count]) => ({ provider, count }));
}
