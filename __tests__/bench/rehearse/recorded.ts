/** What plans of the real provider show of objects that changed behind Terraform's back: recorded once, and data since. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../../bench/rehearse/model/values";

export interface Recorded {
  readonly name: string;
  readonly type: string;
  /** What a superuser runs first. */
  readonly setup?: string;
  readonly arguments: JsonObject;
  /** What a superuser runs between the two plans. */
  readonly then?: string;
  readonly recorded: {
    readonly atOnce: string;
    readonly later: string;
    readonly because: readonly string[];
  };
}

const casesOf = <T>(file: string): readonly T[] => JSON.parse(readFileSync(join(__dirname, file), "utf8")).cases;

export const recordedPlans = casesOf<Recorded>("recorded-plans.json");

/** By address: what a plan does, and the arguments that make it. What does not change is left out. */
export type Changes = Readonly<Record<string, readonly [action: string, ...because: string[]]>>;

export interface RecordedOfVault {
  readonly name: string;
  readonly resource: JsonObject;
  /** What somebody asks of Vault between the two plans: method, path and body. */
  readonly then?: readonly (readonly [method: string, path: string, body?: JsonObject])[];
  readonly recorded: { readonly atOnce: Changes; readonly later: Changes };
}

export const recordedVaultPlans = casesOf<RecordedOfVault>("recorded-vault-plans.json");

/** Statement by statement: CREATE DATABASE runs in no transaction. Text between quotes holds semicolons of its own. */
export const statements = (sql = ""): string[] =>
  (sql.match(/(?:'[^']*'|[^;'])+/g) ?? []).map((text) => text.trim()).filter((text) => text !== "");
