import { IResolvable, Token, Tokenization } from "cdktf";
import { Construct, IConstruct } from "constructs";
import { AccessFindingsError, Finding } from "../../access/findings/finding";
import { nearNames } from "../../access/questions/near";
import { described, withArticle, writtenDuration } from "./described";
import { report } from "./findings";
import type { Shape } from "./shape";
import { MEMBERS, STRUCTS } from "./shapes";
import { userLine } from "./source-line";

interface Problem {
  /** Where in the options: `lease.maxTtl`, `containers[0].env`. */
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

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
  const problems = [...problemsOf(fields, options ?? {}), ...misspelt(struct, fields, options ?? {})];
  if (problems.length === 0) return (options ?? {}) as T;
  const needed = new Set(fields.flatMap(([name, , optional]) => (optional ? [] : [name])));
  const top = (problem: Problem): string => /^[^.[]*/.exec(problem.at)?.[0] as string;
  if (scope === undefined || problems.some((problem) => needed.has(top(problem)))) throw refused(scope, problems, id);
  for (const { message, fix } of problems) report(scope, { code: "argument", message, fix });
  const dropped = new Set(problems.map(top));
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

/** A text without which nothing can be made. @throws AccessFindingsError for anything else */
export function checkedText(what: string, id: string, value: string): string {
  if (typeof value === "string") return value;
  throw refused(undefined, [wrong(what, value, "string")], id);
}

function refused(scope: IConstruct | undefined, problems: readonly Problem[], id?: string): AccessFindingsError {
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

type Field = readonly [name: string, shape: Shape, optional: boolean];
const FIELDS = new Map<string, readonly Field[]>();

/** Every property of a struct: its name, its shape, and whether it may be left out. */
function fieldsOf(struct: string): readonly Field[] {
  const known = FIELDS.get(struct) ?? readFields(struct);
  FIELDS.set(struct, known);
  return known;
}

function readFields(struct: string): Field[] {
  const { extends: bases = [], fields } = STRUCTS[struct];
  const own = Object.entries(fields).map(([name, shape]) => [plainName(name), shape, name.endsWith("?")] as const);
  const names = new Set(own.map(([name]) => name));
  return [...own, ...bases.flatMap(fieldsOf).filter(([name]) => !names.has(name))];
}

/** The name of a property, without the `?` of what may be left out. */
function plainName(name: string): string {
  return name.replace(/\?$/, "");
}

function problemsOf(fields: readonly Field[], options: object, prefix = ""): Problem[] {
  return fields.flatMap(([name, shape, optional]) => {
    const value = (options as Record<string, unknown>)[name];
    if (optional && (value === undefined || value === null)) return [];
    return problemsOfValue(`${prefix}${name}`, value, shape);
  });
}

function problemsOfValue(at: string, value: unknown, shape: Shape): Problem[] {
  if (shape === "unknown") return [];
  if (typeof shape === "string") return typeof value === shape ? [] : [wrong(at, value, shape)];
  if ("oneOf" in shape) return shape.oneOf.includes(value as string) ? [] : [wrong(at, value, shape)];
  if ("any" in shape)
    return shape.any.some((one) => problemsOfValue(at, value, one).length === 0) ? [] : [wrong(at, value, shape)];
  if ("list" in shape)
    return Array.isArray(value)
      ? Tokenization.isResolvable(value) || Token.isUnresolved(value)
        ? []
        : value.flatMap((entry, index) => problemsOfValue(`${at}[${index}]`, entry, shape.list))
      : [wrong(at, value, shape)];
  if (!isPlainEnough(value)) return [wrong(at, value, shape)];
  if ("map" in shape)
    return Object.entries(value).flatMap(([key, entry]) => problemsOfValue(`${at}.${key}`, entry, shape.map));
  if ("struct" in shape) return problemsOf(fieldsOf(shape.struct), value, `${at}.`);
  return MEMBERS[shape.like].every((member) => member in value) ? [] : [wrong(at, value, shape)];
}

function isToken(value: unknown): boolean {
  return typeof value === "object" && value !== null && Tokenization.isResolvable(value as IResolvable);
}

const TOKEN_FIX = "give the plain text, if a name is made of it; else write Token.asString(…) of the token";

/** An object that is neither a list nor a token. */
function isPlainEnough(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isToken(value);
}

/** Reports an option that is not known and is spelt nearly like a known one that is not given. An object may hold anything else. */
function misspelt(struct: string, fields: readonly Field[], options: object): Problem[] {
  const names = fieldsOf(struct).map(([name]) => name);
  return Object.keys(options).flatMap((given) => {
    if (names.includes(given)) return [];
    const [meant] = nearNames(
      given,
      names.filter((name) => !(name in options)),
    );
    return meant === undefined || !fields.some(([name]) => name === meant)
      ? []
      : [{ at: given, message: `\`${given}\` is not an option`, fix: `write \`${meant}\`, if that is meant` }];
  });
}

function wrong(at: string, value: unknown, shape: Shape): Problem {
  const [kind, fix] = asked(shape, value);
  const what = at === "the options" ? "the options are" : `\`${at}\` is`;
  const wanted =
    typeof shape === "object" && "oneOf" in shape ? `which is none of ${kind}` : `not ${withArticle(kind)}`;
  return { at, message: `${what} ${described(value)}, ${wanted}`, fix };
}

/** What a shape asks for in words, and how to give it. */
function asked(shape: Shape, value: unknown): readonly [kind: string, fix: string] {
  if (shape === "string") return ["string", isToken(value) ? TOKEN_FIX : "give a string"];
  if (shape === "number") return ["number", "give a number, without quotes"];
  if (shape === "boolean") return ["boolean", "write true or false, without quotes"];
  if (shape === "unknown") return ["value", "give a value"];
  if ("oneOf" in shape) {
    const choices = shape.oneOf.map((one) => JSON.stringify(one));
    return [choices.join(", "), `write ${choices.join(" or ")}`];
  }
  if ("any" in shape) {
    const parts = shape.any.map((one) => asked(one, value));
    return [parts.map(([kind]) => kind).join(" or "), parts.map(([, fix]) => fix).join(", or ")];
  }
  if ("list" in shape) return ["list", `write a list: [${example(shape.list)}]`];
  if ("map" in shape) return ["object", "give an object: { name: value }"];
  if ("struct" in shape) {
    const needed = fieldsOf(shape.struct).filter(([, , optional]) => !optional);
    const shown = needed.length > 0 ? needed : fieldsOf(shape.struct).slice(0, 3);
    return [
      "object",
      LEASES.includes(shape.struct) && !isPlainEnough(value)
        ? `write { maxTtl: ${writtenDuration(value)} }`
        : `give an object: { ${shown.map(([name]) => name).join(", ")} }`,
    ];
  }
  if (shape.like === "Duration") return ["Duration", `write ${writtenDuration(value)}`];
  const name = shape.like.replace(/^I(?=[A-Z])/, "");
  const { kind = name, fix = `give the ${name} itself` } = LIKE[name] ?? {};
  return [kind, fix];
}

function example(shape: Shape): string {
  if (shape === "string") return '"…"';
  if (typeof shape === "object" && "struct" in shape) return "{ … }";
  if (typeof shape === "object" && "like" in shape)
    return shape.like.replace(/^I(?=[A-Z])|^Terraform/, "").replace(/^./, (letter) => letter.toLowerCase());
  return "…";
}

/** Options that are durations: what is given for them is one. */
const LEASES = ["LeaseTimes", "LeaseLimits"];

/** How to put right what is no identity. */
export const IDENTITY_FIX =
  "give the WorkloadIdentity itself, or what runs as it: names alone do not say which cluster and namespace";

/** What an object of a class is, where that is not the class's name, and how to give one. */
const LIKE: Readonly<Record<string, { readonly kind?: string; readonly fix: string }>> = {
  AdminCredential: { fix: 'write AdminCredential.fromKv("postgres/main/admin")' },
  ClusterAccess: { fix: "write ClusterAccess.kubeconfig(), or another of its ways" },
  Credential: {
    fix: "write Credential.uri(access), with the DatabaseAccess, made here or by DatabaseAccess.fromMount(scope, id, { … })",
  },
  KubernetesAuth: {
    fix: "give the KubernetesAuth of the cluster, made here or by KubernetesAuth.fromAttributes(scope, id)",
  },
  Migrations: { fix: 'write Migrations.fromFolder("migrations")' },
  PostgresDatabase: {
    kind: "database",
    fix: "give the PostgresDatabase, made here or by PostgresDatabase.fromDatabaseName(scope, id, { instance, owner })",
  },
  PostgresInstance: {
    kind: "server",
    fix: "give the PostgresInstance, made here or by PostgresInstance.fromEndpoint(scope, id, { … })",
  },
  StateBackend: { fix: "write StateBackend.local(), or another of its ways" },
  TerraformStack: { kind: "stack", fix: "give the stack itself" },
  Vault: {
    fix: 'write Vault.fromAddress({ addressFromPods: "https://vault.example.com:8200" }), or give the VaultServer of the program',
  },
  VaultMode: { fix: "write VaultMode.dev(), or another of its ways" },
  VaultPath: { fix: 'write VaultPath.exact("secret/data/app")' },
  WorkloadIdentity: { kind: "identity", fix: IDENTITY_FIX },
};
