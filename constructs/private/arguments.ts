import { Token } from "cdktf";
import { Construct, IConstruct } from "constructs";
import { AccessFindingsError } from "../../access/findings/finding";
import { described, withArticle } from "./described";
import { userLine } from "./source-line";

/**
 * A prop without which nothing can be made.
 *
 * @param holds Whether it is what the type says; asked only of objects.
 * @throws AccessFindingsError at once: everything later would only fail in other places
 */
export function required<T extends object>(
  scope: IConstruct,
  what: string,
  value: T,
  holds: (value: T) => boolean,
  kind: string,
  fix: string,
): T {
  if (typeof value === "object" && value !== null && !Token.isUnresolved(value) && holds(value)) return value;
  const line = userLine();
  throw new AccessFindingsError([
    {
      code: "argument",
      severity: "error",
      message: `${what} is ${described(value)}, not ${withArticle(kind)}`,
      fix,
      path: scope.node.path,
      sources: line === undefined ? [] : [line],
    },
  ]);
}

/** The root of the program that a construct belongs to. @throws Error for what is no construct */
export function rootOf(construct: IConstruct, asked: string): IConstruct {
  if (Construct.isConstruct(construct)) return construct.node.root;
  throw new Error(`${asked} is given ${described(construct)}, not a construct: give the app, or a construct in it`);
}
