import { Expression, referencesOf } from "../../../access/terraform/expression";
import { evaluate, parseTemplate } from "../../../bench/rehearse/expressions";
import { RESOURCES } from "../../../bench/rehearse/handlers";
import { parseStack } from "../../../bench/rehearse/program";
import { canonical, isObject, Json, JsonObject, Where } from "../../../bench/rehearse/model/values";
import { Synthesized } from "../../support/program";

/** A block of Terraform JSON as Terraform understands it: every string is what it means, no longer a template. */
export interface Read {
  readonly stack: string;
  readonly address: string;
  readonly kind: string;
  readonly type: string;
  readonly arguments: JsonObject;
  /** Of a Kubernetes resource: the object that its provider sends. */
  readonly manifest?: JsonObject;
}

export interface Reading {
  readonly blocks: readonly Read[];
  readonly problems: readonly string[];
}

/**
 * What Terraform makes of a text: UTF-8 has no half surrogates (Go's JSON decoder puts U+FFFD there), and every string is
 * brought into normal form C (zclconf/go-cty, cty.StringVal).
 */
export function asTerraformReads(text: string): string {
  return text.replace(/\p{Cs}/gu, "\ufffd").normalize("NFC");
}

/** Functions that Leasehold writes; a call of another one was not asked for. */
const CALLS = new Set(["jsonencode"]);

/** Reads every block of a program as Terraform would, and says what in it is not text that somebody asked for. */
export function readTerraform(program: Synthesized): Reading {
  const problems: string[] = [];
  const blocks: Read[] = [];
  for (const { name, text } of Object.values(program)) {
    const stack = parseStack(name, JSON.parse(text) as JsonObject);
    const names = namesIn(stack.blocks);
    const meaning = (value: Json, where: Where): Json => {
      if (typeof value === "string") return meant(value, where);
      if (Array.isArray(value)) return value.map((entry, index) => meaning(entry, where.at(index)));
      if (!isObject(value)) return value;
      // Keys of maps are templates like values.
      return Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [String(meant(key, where)), meaning(entry, where.at(key))]),
      );
    };
    const meant = (value: string, where: Where): Json => {
      let expression: Expression;
      try {
        expression = parseTemplate(value, where);
      } catch (error) {
        problems.push((error as Error).message);
        return value;
      }
      if (expression.kind === "literal" && typeof expression.value === "string")
        return asTerraformReads(expression.value);
      for (const path of referencesOf(expression))
        if (!addressOf(path, stack.blocks))
          problems.push(`${where.error(`refers to ${path.join(".")}, which is not there`).message}`);
      if (expression.kind === "call" ? !CALLS.has(expression.name) : expression.kind !== "reference")
        problems.push(where.error(`${JSON.stringify(value)} is an expression that nobody asked for`).message);
      const found = evaluate(expression, (path) => names.get(path.join(".")) ?? `<${path.join(".")}>`, where);
      return typeof found === "string" ? asTerraformReads(found) : found;
    };
    for (const { address, kind, type, arguments: args } of stack.blocks.values()) {
      const where = new Where(name, address);
      const read = meaning(args, where) as JsonObject;
      // The provider's own checks and defaults.
      const handler = kind === "resource" ? RESOURCES[type] : undefined;
      const config = handler?.read(read, where);
      // Of a Kubernetes resource the handler makes the object that is sent; the arguments are what is judged.
      blocks.push({
        ...{ stack: name, address, kind, type },
        arguments: config === undefined || isObject(config.manifest) ? read : config,
        ...(isObject(config?.manifest) && { manifest: config.manifest }),
      });
    }
  }
  return { blocks, problems };
}

type Blocks = ReturnType<typeof parseStack>["blocks"];

function addressOf(path: readonly (string | number)[], blocks: Blocks): boolean {
  const parts = path[0] === "ephemeral" ? 3 : 2;
  return blocks.has(path.slice(0, parts).join("."));
}

/** What a reference to the name or path of a block is worth: the text that the block says itself. */
function namesIn(blocks: Blocks): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { address, arguments: args } of blocks.values()) {
    for (const attribute of ["name", "path"]) {
      const value = args[attribute];
      if (typeof value !== "string") continue;
      const expression = parseTemplate(value, new Where("", address));
      if (expression.kind === "literal") found.set(`${address}.${attribute}`, String(expression.value));
    }
    const metadata = isObject(args.metadata) ? args.metadata.name : undefined;
    if (typeof metadata === "string") found.set(`${address}.metadata[0].name`, metadata);
    if (typeof metadata === "string") found.set(`${address}.metadata.0.name`, metadata);
  }
  return found;
}

/** The blocks of a type, in one stack or in all. */
export function ofType(reading: Reading, type: string, stack?: string): Read[] {
  return reading.blocks.filter((block) => block.type === type && (stack === undefined || block.stack === stack));
}

/** Equal values have equal texts, whatever the order of their fields. */
const asText = (value: unknown): string =>
  canonical((value === undefined ? null : JSON.parse(JSON.stringify(value))) as Json);

/** Compares by value, and says so when two are not the same. */
export function differs(what: string, found: unknown, asked: unknown): string[] {
  const [a, b] = [found, asked].map(asText);
  return a === b ? [] : [`${what} is ${a}, asked for was ${b}`];
}

/** The same, for collections whose order says nothing. */
export function differsAsSet(what: string, found: readonly unknown[], asked: readonly unknown[]): string[] {
  const sorted = (all: readonly unknown[]): string[] => [...new Set(all.map(asText))].sort();
  const [a, b] = [sorted(found), sorted(asked)];
  const extra = a.filter((one) => !b.includes(one));
  const missing = b.filter((one) => !a.includes(one));
  return [
    ...extra.map((one) => `${what}: ${one} was not asked for`),
    ...missing.map((one) => `${what}: ${one} is missing`),
  ];
}
