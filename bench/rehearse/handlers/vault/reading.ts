/**
 * How provider 5.6.0 reads back what it made. The tables of arguments say what it reads and what it cannot; the tests hold all of it
 * against recordings of the provider itself.
 */
import { Argument, ArgumentTable } from "../../model/arguments";
import type { ReadBack } from "../../model/handler";
import type { Known } from "../../model/state";
import { Json, JsonObject, canonical, isObject } from "../../model/values";

const EMPTY: Readonly<Record<Argument["kind"], Json>> = {
  string: "",
  number: 0,
  bool: false,
  list: [],
  set: [],
  map: {},
  blocks: [],
  json: null,
  refused: null,
};

/** What an argument is that was taken away. */
export const emptyFor = (argument: Argument | undefined): Json => EMPTY[argument?.kind ?? "string"];

/** Of the arguments that are read, those that are not as they were. Fields that the server does not send are empty. */
export function readBack(known: Known, found: JsonObject, table: ArgumentTable): ReadBack {
  const read: JsonObject = {};
  for (const [name, argument] of Object.entries(table)) {
    const { reads, kind } = argument;
    if (reads === "never" || argument.writeOnly || argument.sensitive || kind === "blocks" || kind === "refused")
      continue;
    const [before, empty] = [known.arguments[name] ?? null, canonical(emptyFor(argument))];
    if (reads === "where sent" && !((argument.field ?? name) in found)) continue;
    const now = asGiven(found[argument.field ?? name] ?? emptyFor(argument), argument);
    if (canonical(now) === canonical(before ?? emptyFor(argument))) continue;
    if (before === null && reads === "computed") continue;
    // An empty value is one that nobody gave, unless the provider has a default for it.
    read[name] = canonical(now) === empty && !("default" in argument) ? null : now;
  }
  return { arguments: read };
}

function asGiven(value: Json, { kind }: Argument): Json {
  if (kind === "set" && Array.isArray(value)) return value.map(String).sort();
  if (kind === "map" && isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
  return value;
}

/** A block of arguments with what was read of it. */
export function readBlock(known: JsonObject, found: JsonObject, table: ArgumentTable): JsonObject {
  const read = readBack({ id: "", arguments: known, attributes: {} }, found, table).arguments;
  return Object.fromEntries(Object.entries({ ...known, ...read }).filter(([, value]) => value !== null));
}

/** Go's way to write a time, `1h0m5s`, in seconds. */
export function secondsOf(text: Json | undefined): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...String(text ?? "").matchAll(/(?<count>[\d.]+)(?<unit>ms|h|m|s)/g)];
  return parts.reduce((sum, { groups }) => sum + Number(groups?.count) * (units[String(groups?.unit)] ?? 0), 0);
}
