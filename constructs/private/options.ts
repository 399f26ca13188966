import { Construct, IConstruct } from "constructs";
import { AccessFindingsError, Finding } from "../../access/findings/finding";
import { described, withArticle } from "./described";
import { report } from "./findings";
import { emptyTexts, misspelt, problemsOf, problemsOfValue, unknownOptions } from "./option-problems";
import { empty, isPlainEnough, OptionProblem, wrong } from "./option-words";
import type { Shape } from "./shape";
import { STRUCTS } from "./shapes";
import { userLine } from "./source-line";
import { Field, fieldsOf, plainName } from "./struct-fields";

/**
 * The options, checked against their type. A compiler does this before the program runs, but not for plain JavaScript
 * or for an `any`. There each wrong option is a finding, with the line that gave it. A wrong option that may be left
 * out counts as left out, so that one run shows all that is wrong.
 *
 * @param struct Name of the options' type.
 * @param scope Where a wrong option that may be left out is reported. @default - nowhere: every wrong one is thrown
 * @param id Of the construct in `scope` that is still to be made, or what is made without one. @default - `scope` is what is made
 * @throws AccessFindingsError for an option without which nothing can be made
 */
export function checkedOptions<T extends object>(
  scope: IConstruct | undefined,
  struct: string,
  options: T | undefined,
  id?: string,
): T {
  if (!isPlainEnough(options) && options !== undefined)
    throw refused(scope, [wrong("the options", options, { struct })], id);
  return withoutWrong(scope, struct, fieldsOf(struct), options, id);
}

/**
 * As `checkedOptions`, for a class whose base class has checked the properties that the type extends: only those that it adds are
 * checked. The others are returned as they were given; read them of the base class.
 */
export function checkedFurtherOptions<T extends object>(scope: IConstruct, struct: string, options: T): T {
  const own = new Set(Object.keys(STRUCTS[struct].fields).map(plainName));
  return withoutWrong(
    scope,
    struct,
    fieldsOf(struct).filter(([name]) => own.has(name)),
    options,
  );
}

/** @param fields Those that are checked, of all that the struct has. */
function withoutWrong<T extends object>(
  scope: IConstruct | undefined,
  struct: string,
  fields: readonly Field[],
  options: T | undefined,
  id?: string,
): T {
  const given: object = options ?? {};
  const problems = [
    ...problemsOf(fields, given, scope?.node.root),
    ...misspelt(fieldsOf(struct), fields, given),
    ...(scope === undefined ? emptyTexts(fields, given) : []),
    ...(isWhole(scope, struct, id) ? unknownOptions(fieldsOf(struct), given) : []),
  ];
  const errors = problems.filter(({ warning }) => !warning);
  const needed = new Set(fields.flatMap(([name, , optional]) => (optional ? [] : [name])));
  const top = (problem: OptionProblem): string => /^[^.[]*/.exec(problem.at)?.[0] as string;
  if (scope === undefined || errors.some((problem) => needed.has(top(problem)))) {
    if (errors.length === 0) return given as T;
    throw refused(scope, errors, id);
  }
  for (const { message, fix, warning } of problems)
    report(scope, { code: "argument", message, fix, ...(warning && { severity: "warning" }) });
  if (errors.length === 0) return given as T;
  const dropped = new Set(errors.map(top));
  return Object.fromEntries(Object.entries(options as T).filter(([name]) => !dropped.has(name))) as T;
}

/**
 * The scope of a construct, checked: `super(madeIn(scope, id, new.target), id)`. For plain JavaScript no compiler
 * checks it, and constructs itself would fail without saying what is wrong.
 *
 * @throws AccessFindingsError when the scope is no construct, or the id no text
 */
export function madeIn<T extends IConstruct>(scope: T, id: string, { name }: { readonly name: string }): T {
  const inside = Construct.isConstruct(scope);
  if (inside && typeof id === "string") return scope;
  const problem = inside
    ? { message: `the id of ${withArticle(name)} is ${described(id)}, not a string`, fix: 'give an id, such as "web"' }
    : {
        message: `the scope of ${withArticle(name)} is ${described(scope)}, not a construct`,
        fix: `write new ${name}(scope, id, { … }), or ${name}.from…(scope, id, …): the stack or construct that it is part of comes first`,
      };
  throw refused(inside ? scope : undefined, [{ at: "", ...problem }], typeof id === "string" ? id : undefined);
}

/**
 * Checks what a class with a private constructor was made with: plain JavaScript can call it all the same.
 *
 * @param how What makes one, as code.
 * @throws AccessFindingsError when it is not what this package gives
 */
export function madeBy<T>(how: string, { name }: { readonly name: string }, given: T, member: keyof T & string): T {
  if (typeof given === "object" && given !== null && member in given) return given;
  const message = `${withArticle(name)} is made with ${described(given)}: its constructor is not for programs`;
  throw refused(undefined, [{ at: "", message, fix: `write ${how}` }], undefined);
}

/** What a method is given. @returns whether it is what the shape asks for; else that is a finding */
export function checkedArgument(scope: IConstruct, what: string, value: unknown, shape: Shape): boolean {
  const problems = problemsOfValue(what, value, shape, scope.node.root);
  for (const { message, fix } of problems) report(scope, { code: "argument", message, fix });
  return problems.length === 0;
}

/**
 * A text without which nothing can be made.
 *
 * @param mayBeEmpty Something else says what is wrong with an empty one.
 * @throws AccessFindingsError for anything else
 */
export function checkedText(what: string, id: string, value: string, mayBeEmpty = false): string {
  if (typeof value === "string" && (mayBeEmpty || value !== "")) return value;
  throw refused(undefined, [value === "" ? empty(what) : wrong(what, value, "string")], id);
}

function refused(scope: IConstruct | undefined, problems: readonly OptionProblem[], id?: string): AccessFindingsError {
  const line = userLine();
  return new AccessFindingsError(
    problems.map(({ message, fix }): Finding => ({
      code: "argument",
      severity: "error",
      message,
      fix,
      path: [scope?.node.path, id].filter((part) => part !== undefined && part !== "").join("/"),
      sources: line === undefined ? [] : [line],
    })),
  );
}

/**
 * Whether this struct is all that an object may hold. A class of the program's own that extends a construct hands up what it was
 * given, with options of its own, and a construct's base class sees the options of both.
 */
function isWhole(scope: IConstruct | undefined, struct: string, id: string | undefined): boolean {
  const of = /^(.*)(Props|Attributes)$/.exec(struct)?.[1];
  return of === undefined || id !== undefined || scope?.constructor.name === of;
}
