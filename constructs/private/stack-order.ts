import { TerraformStack } from "cdktf";
import { IConstruct } from "constructs";

/** The stack of a construct. @returns undefined for something that exists already and is directly under the App */
export function stackOf(construct: IConstruct): TerraformStack | undefined {
  return construct.node.scopes.find((scope): scope is TerraformStack => TerraformStack.isStack(scope));
}

/**
 * Deploys the stack of `user` after the stacks of what it uses. Users never write this order themselves.
 *
 * @throws by cdktf, where the order would be a circle
 */
export function deployAfter(user: IConstruct, ...used: readonly IConstruct[]): void {
  const here = TerraformStack.of(user);
  for (const theirs of used.map(stackOf)) if (theirs && theirs !== here) here.addDependency(theirs);
}
