import { createHash } from "crypto";
import { knownAcrossCopies } from "../../../access/model/copies";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Terraform's JSON lets one block stand bare and several stand in an array: both become an array here. */
export function asBlocks(value: Json | undefined, where: Where): JsonObject[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((entry) => {
    if (entry === null) return {};
    if (!isObject(entry)) throw where.error(`expected a block, found ${kindOf(entry)}`);
    return entry;
  });
}

export function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Serialised with sorted keys, so that two values are equal exactly if their texts are. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(value);
}

export const digest = (salt: string, value: Json): string =>
  `sha256:${createHash("sha256").update(salt).update(canonical(value)).digest("hex")}`;

/** Thrown for everything that the rehearsal refuses or that a server answered with an error. */
export class RehearsalError extends Error {
  static {
    knownAcrossCopies(this, "RehearsalError");
  }

  constructor(
    message: string,
    readonly stackName: string,
    readonly address: string,
    readonly argument?: string,
  ) {
    super(message);
    this.name = "RehearsalError";
  }
}

/** A place in a program: every error names it. */
export class Where {
  constructor(
    readonly stack: string,
    readonly address: string,
    readonly argument = "",
  ) {}

  at(part: string | number): Where {
    const tail = typeof part === "number" ? `[${part}]` : this.argument ? `.${part}` : part;
    return new Where(this.stack, this.address, this.argument + tail);
  }

  error(problem: string): RehearsalError {
    const place = [`stack ${JSON.stringify(this.stack)}`, this.address, this.argument].filter(Boolean).join(", ");
    return new RehearsalError(`${place}: ${problem}`, this.stack, this.address, this.argument || undefined);
  }
}

/**
 * Every secret value seen in a run. Messages from servers pass through `redact` before they reach an error or a progress
 * event: a database or Vault may quote what it was sent.
 */
export class Secrets {
  private readonly values = new Set<string>();

  add(value: Json): void {
    if (typeof value === "string" && value.length >= 3) {
      this.values.add(value);
      this.addParsed(value);
    } else if (Array.isArray(value)) value.forEach((entry) => this.add(entry));
    else if (isObject(value)) {
      // a user name is not a secret, and cutting it out of messages would make them useless
      Object.entries(value).forEach(
        ([key, entry]) => /^(user(name)?|host|port|database)$/i.test(key) || this.add(entry),
      );
    }
  }

  redact(text: string): string {
    const longestFirst = [...this.values].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((clean, secret) => clean.split(secret).join("(secret)"), text);
  }

  private addParsed(text: string): void {
    if (!/^\s*[[{]/.test(text)) return;
    try {
      this.add(JSON.parse(text) as Json);
    } catch {
      // not JSON: the text itself is already kept
    }
  }
}
