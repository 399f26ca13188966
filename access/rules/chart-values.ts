import { blocks, isComputed, Json, JsonObject, object, text, texts } from "../terraform/json";
import { piecesOf } from "../terraform/tokens";
import { yamlDocuments } from "../terraform/yaml";
import type { Resource } from "./resource";

/** The values of a Helm release as the helm provider merges them, or why they cannot be read. */
export interface Values {
  readonly values: JsonObject;
  readonly why: readonly string[];
}

/** In the provider's order: `values`, the last wins; then each `set`, `set_list`, `set_sensitive` and `set_wo`. */
export function valuesOf({ body }: Resource): Values {
  const why: string[] = [];
  if (isComputed(body.values)) why.push("values is computed when Terraform runs");
  let values = texts(body.values).reduce<JsonObject>((all, one) => {
    if (one.trim() === "" || isComputed(body.values)) return all;
    const documents = yamlDocuments(one);
    const [said] = documents ?? [];
    // Comments alone give nothing.
    if (documents?.length === 0) return all;
    if (documents?.length === 1 && isMap(said)) return merged(all, said);
    why.push("an entry of values is computed when Terraform runs, or holds what is not read of YAML");
    return all;
  }, {});
  for (const key of ["set", "set_list", "set_sensitive", "set_wo"]) {
    if (isComputed(body[key])) why.push(`${key} is computed when Terraform runs`);
    else
      for (const one of blocks(body[key])) {
        const after = withSet(values, one);
        if (after === undefined) why.push(`${key} of ${JSON.stringify(one.name ?? null)} is not read`);
        else values = after;
      }
  }
  return { values, why };
}

const isMap = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merged(a: JsonObject, b: JsonObject): JsonObject {
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [
      key,
      isMap(a[key]) && isMap(b[key]) ? merged(object(a[key]), object(b[key])) : b[key] === undefined ? a[key] : b[key],
    ]),
  );
}

/** The values after one `set`. @returns undefined where it is not read */
function withSet(values: JsonObject, { name, value, type }: JsonObject): JsonObject | undefined {
  if (typeof name !== "string" || isComputed(name)) return undefined;
  if (type === "literal") {
    // The provider takes the name for a key of the top, dots and all.
    const documents = typeof value === "string" ? yamlDocuments(value) : undefined;
    return documents?.length === 1 ? { ...values, [name]: documents[0] } : undefined;
  }
  const list = Array.isArray(value);
  const said = list ? `{${(value as Json[]).map(String).join(",")}}` : String(value ?? "");
  try {
    return new Assignments(`${name}=${said}`, type === "string" && !list).onto(values);
  } catch {
    return undefined;
  }
}

/** Stands for code of Terraform while a text is read: what is in it is neither a comma nor a brace of Helm. */
const CODE = "\0";

/** Helm's `--set`: `a.b=1,c[0].d={x,y}`; a backslash takes the next sign as it is. */
class Assignments {
  private readonly code: string[] = [];
  private readonly text: string;
  private at = 0;

  constructor(
    text: string,
    private readonly asText: boolean,
  ) {
    this.text = piecesOf(text)
      .map((piece, index, all) => {
        if (piece.kind === "text") return piece.text;
        const before = all.slice(0, index).filter(({ kind }) => kind === "code").length;
        this.code[before] = "${computed}";
        return CODE;
      })
      .join("");
  }

  onto(values: JsonObject): JsonObject {
    let all: Json = values;
    while (this.at < this.text.length) {
      const path = this.path();
      all = put(all, path, this.value());
    }
    return object(all);
  }

  private path(): (string | number)[] {
    const path: (string | number)[] = [];
    for (;;) {
      const [part, mark] = this.until(".[=,");
      if (mark !== "=" && mark !== "." && mark !== "[") throw new Error("a key without a value");
      if (part !== "") path.push(part);
      if (mark === "[") {
        const [index] = this.until("]");
        if (!/^\d{1,4}$/.test(index)) throw new Error("no index");
        path.push(Number(index));
      }
      if (mark === "=") {
        if (path.length === 0) throw new Error("no key");
        return path;
      }
    }
  }

  private value(): Json {
    if (this.text[this.at] !== "{") return this.typed(this.until(",")[0]);
    this.at++;
    const items: Json[] = [];
    for (;;) {
      const [item, mark] = this.until(",}");
      if (item !== "" || mark === ",") items.push(this.typed(item));
      if (mark === undefined) throw new Error("a list that does not end");
      if (mark !== "}") continue;
      if (this.text[this.at] === ",") this.at++;
      else if (this.at < this.text.length) throw new Error("something behind a list");
      return items;
    }
  }

  /** The text up to one of these marks, and which it was. */
  private until(marks: string): [text: string, mark: string | undefined] {
    let taken = "";
    while (this.at < this.text.length) {
      const next = this.text[this.at++];
      if (next === "\\") taken += this.text[this.at++] ?? "";
      else if (marks.includes(next)) return [taken, next];
      else taken += next;
    }
    return [taken, undefined];
  }

  private typed(said: string): Json {
    if (said.includes(CODE)) return said.replaceAll(CODE, this.code[0]);
    if (this.asText) return said;
    if (said === "true" || said === "false") return said === "true";
    if (said === "null") return null;
    return /^(0|-?[1-9]\d*)$/.test(said) ? Number(said) : said;
  }
}

function put(at: Json | undefined, [key, ...rest]: readonly (string | number)[], value: Json): Json {
  const inside = (before: Json | undefined): Json => (rest.length === 0 ? value : put(before, rest, value));
  if (typeof key === "number") {
    const list = Array.isArray(at) ? [...(at as Json[])] : [];
    while (list.length < key) list.push(null);
    list[key] = inside(list[key]);
    return list;
  }
  return { ...object(at), [key]: inside(object(at)[key]) };
}

/** Maps whose entries no rule decides by, but for a secret in clear, which a computed text is not. */
const FREE = /^(annotations|extraLabels|labels|extraEnvironmentVars|nodeSelector|tolerations)$/;

/** Paths of values that only an apply knows. Free texts for people and pods are not asked for. */
export function computedValues(values: JsonObject): string[] {
  const found: string[] = [];
  const look = (value: Json | undefined, at: string): void => {
    if (isComputed(value)) found.push(at);
    else if (typeof value === "object" && value !== null)
      for (const [key, one] of Object.entries(value as JsonObject))
        if (isComputed(one) || !FREE.test(key)) look(one, at === "" ? key : `${at}.${key}`);
  };
  look(values, "");
  return found;
}

/** What stands at a path of values; undefined where nothing does. */
export function valueAt(values: JsonObject, path: string): Json | undefined {
  return path.split(".").reduce<Json | undefined>((at, key) => object(at)[key], values);
}

/** What stands there as YAML, in a text or as it is: charts take both. @returns undefined where it cannot be read */
export function yamlAt(values: JsonObject, path: string): Json | undefined {
  const value = valueAt(values, path) ?? null;
  if (typeof value !== "string" || value.trim() === "") return value;
  return yamlDocuments(text(value) ?? "")?.[0];
}
