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

export const recordedPlans: readonly Recorded[] = JSON.parse(
  readFileSync(join(__dirname, "recorded-plans.json"), "utf8"),
).cases;

/** Statement by statement: CREATE DATABASE runs in no transaction. Text between quotes holds semicolons of its own. */
export const statements = (sql = ""): string[] =>
  (sql.match(/(?:'[^']*'|[^;'])+/g) ?? []).map((text) => text.trim()).filter((text) => text !== "");
