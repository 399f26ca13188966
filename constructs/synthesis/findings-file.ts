import { TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import type { FindingsFile } from "../../access/findings/findings-file";
import { elementsOfOurs, originOf } from "../private/origin";
import { linesOf } from "../private/lines";
import { acknowledgementsOf } from "./findings";
import { heldToProduction } from "./guardrails";
import { everyFindingOf } from "./verdict";

/** What `leasehold check` is told of the program. */
export function findingsFileOf(construct: IConstruct): FindingsFile {
  const { root } = construct.node;
  const constructs = root.node.findAll();
  const stacks = constructs.filter((child): child is TerraformStack => TerraformStack.isStack(child));
  const settings = [...elementsOfOurs(root)].flatMap((element) => {
    const source = originOf(element)?.source;
    return source === undefined ? [] : [[element.node.path, source] as const];
  });
  return {
    production: heldToProduction(root),
    findings: everyFindingOf(root),
    acknowledgements: acknowledgementsOf(constructs),
    lines: Object.fromEntries([...stacks.flatMap((stack) => [...linesOf(stack)]), ...settings]),
  };
}
