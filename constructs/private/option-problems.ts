import { Token, Tokenization } from "cdktf";
import { Construct, IConstruct } from "constructs";
import { secondsProblem } from "../../access/model/duration";
import { nearNames } from "../../access/questions/near";
import { described } from "./described";
import { empty, isPlainEnough, OptionProblem, wrong } from "./option-words";
import type { Shape } from "./shape";
import { MEMBERS } from "./shapes";
import { Field, fieldsOf } from "./struct-fields";

/**
 * What is wrong with the options that an object holds.
 *
 * @param root Of the program: what is made in another one does not belong here.
 */
export function problemsOf(
  fields: readonly Field[],
  options: object,
  root: IConstruct | undefined,
  prefix = "",
): OptionProblem[] {
  return fields.flatMap(([name, shape, optional]) => {
    const value = (options as Record<string, unknown>)[name];
    if (optional && (value === undefined || value === null)) return [];
    return problemsOfValue(`${prefix}${name}`, value, shape, root);
  });
}

/** Texts without which nothing can be made, of what is made by a function: there nobody else looks at them. */
export function emptyTexts(fields: readonly Field[], options: object): OptionProblem[] {
  return fields.flatMap(([name, shape, optional]) =>
    !optional && shape === "string" && (options as Record<string, unknown>)[name] === "" ? [empty(name)] : [],
  );
}

/** What is wrong with one value. */
export function problemsOfValue(
  at: string,
  value: unknown,
  shape: Shape,
  root: IConstruct | undefined,
): OptionProblem[] {
  if (shape === "unknown") return [];
  // A token is a number, too; what is no number all the same ends as `null` in JSON.
  if (shape === "number") return Number.isFinite(value) ? [] : [wrong(at, value, shape)];
  if (typeof shape === "string") return typeof value === shape ? [] : [wrong(at, value, shape)];
  if ("oneOf" in shape) return shape.oneOf.includes(value as string) ? [] : [wrong(at, value, shape)];
  if ("any" in shape)
    return shape.any.some((one) => problemsOfValue(at, value, one, root).length === 0) ? [] : [wrong(at, value, shape)];
  if ("list" in shape)
    return Array.isArray(value)
      ? Tokenization.isResolvable(value) || Token.isUnresolved(value)
        ? isPassedOn(at, shape.list)
          ? []
          : [tokenOfList(at)]
        : value.flatMap((entry, index) => problemsOfValue(`${at}[${index}]`, entry, shape.list, root))
      : [wrong(at, value, shape)];
  if (!isPlainEnough(value)) return [wrong(at, value, shape)];
  if ("map" in shape)
    return Object.entries(value).flatMap(([key, entry]) => problemsOfValue(`${at}.${key}`, entry, shape.map, root));
  if ("struct" in shape) {
    const fields = fieldsOf(shape.struct);
    return [
      ...problemsOf(fields, value, root, `${at}.`),
      ...misspelt(fields, fields, value, `${at}.`),
      ...unknownOptions(fields, value, `${at}.`),
    ];
  }
  if (!MEMBERS[shape.like].every((member) => member in value)) return [wrong(at, value, shape)];
  return shape.like === "Duration" ? lengthProblems(at, value) : strangers(at, value, root);
}

/** Whether the list goes to Terraform as it is. Names, rules and parts of pods are made of the entries of the others. */
function isPassedOn(at: string, entry: Shape): boolean {
  return entry === "string" && /(^|\.)(command|args|accessModes|requiredParameters)$/.test(at);
}

function tokenOfList(at: string): OptionProblem {
  const message = `\`${at}\` is a token for a list, whose entries are known only when Terraform runs`;
  return { at, message, fix: "give the entries themselves: [ … ]" };
}

/** It may be of another copy of this package, or only look like one: what it says is looked at. */
function lengthProblems(at: string, value: object): OptionProblem[] {
  const { toSeconds } = value as { readonly toSeconds: unknown };
  const seconds: unknown = typeof toSeconds === "function" ? toSeconds.call(value) : undefined;
  const problem = secondsProblem(seconds);
  const given = typeof seconds === "number" ? `${seconds} seconds` : described(seconds);
  return problem === undefined
    ? []
    : [{ at, message: `\`${at}\`, of ${given}, ${problem.replace(/:.*/, "")}`, fix: "write Duration.minutes(15)" }];
}

/** A construct that stands in another App, and what is of a database there: nothing here would wait for it or know its rights. */
function strangers(at: string, value: object, root: IConstruct | undefined): OptionProblem[] {
  const { database } = value as { readonly database?: unknown };
  const stranger = [value, database].find((one) => isOfAnother(root, one)) as IConstruct | undefined;
  return stranger === undefined
    ? []
    : [{ at, message: `\`${at}\` is ${stranger.node.path} of another App`, fix: STRANGER_FIX }];
}

/** How to put right what another program makes. */
export const STRANGER_FIX =
  "give what is made in this App; name what another program makes by a `from…` method, such as WorkloadIdentity.fromServiceAccount";

/** Whether something is a construct of another program than this root's. */
export function isOfAnother(root: IConstruct | undefined, value: unknown): boolean {
  return root !== undefined && Construct.isConstruct(value) && value.node.root !== root;
}

/** An option that is not known and is spelt nearly as one of these that is not given. */
export function misspelt(
  all: readonly Field[],
  asked: readonly Field[],
  options: object,
  prefix = "",
): OptionProblem[] {
  return Object.keys(options).flatMap((given) => {
    const meant = meantBy(given, all, options);
    return meant === undefined || !asked.some(([name]) => name === meant)
      ? []
      : [
          {
            at: `${prefix}${given}`,
            message: `\`${prefix}${given}\` is not an option`,
            fix: `write \`${meant}\`, if that is meant`,
          },
        ];
  });
}

/**
 * Options that nothing reads. An object that was made by a class may hold more, and so may that of a program's own type: it is told,
 * and not refused.
 */
export function unknownOptions(all: readonly Field[], options: object, prefix = ""): OptionProblem[] {
  const prototype: unknown = Object.getPrototypeOf(options);
  if (prototype !== null && prototype !== Object.prototype && !isOfAnotherRealm(prototype as object)) return [];
  return Object.keys(options)
    .filter((given) => !all.some(([name]) => name === given) && meantBy(given, all, options) === undefined)
    .map((given) => ({
      at: `${prefix}${given}`,
      message: `\`${prefix}${given}\` is not an option: nothing reads it`,
      fix: `leave it out; the options are ${all.map(([name]) => name).join(", ")}`,
      warning: true,
    }));
}

/** As in a sandbox of jest, whose plain objects have a prototype of their own. */
function isOfAnotherRealm(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty");
}

/** The option that somebody meant by a name that is none. */
function meantBy(given: string, all: readonly Field[], options: object): string | undefined {
  if (all.some(([name]) => name === given)) return undefined;
  const free = all.map(([name]) => name).filter((name) => !(name in options));
  return nearNames(given, free)[0];
}
