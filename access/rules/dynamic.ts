import { blocks, first, Json, JsonObject, object } from "../terraform/json";

/** A body without its dynamic blocks: each stands there once, as its content says, so that rules read it. */
export interface Unrolled {
  readonly body: JsonObject;
  /** Paths of the blocks that are there as often as an expression says: none, perhaps. */
  readonly repeated: readonly string[];
}

export function unrolled(body: JsonObject): Unrolled {
  const repeated: string[] = [];
  const into = (value: Json | undefined, at: string): Json => {
    if (Array.isArray(value)) return (value as Json[]).map((one) => into(one, at));
    if (typeof value !== "object" || value === null) return value ?? null;
    const said = value as JsonObject;
    const dynamic = blocks(said.dynamic).flatMap((one) => Object.entries(one));
    const isDynamic =
      dynamic.length > 0 && dynamic.every(([, one]) => blocks(one).every((block) => "content" in block));
    const plain = Object.fromEntries(
      Object.entries(said)
        .filter(([key]) => !(isDynamic && key === "dynamic"))
        .map(([key, one]) => [key, into(one, at === "" ? key : `${at}.${key}`)] as [string, Json]),
    );
    if (!isDynamic) return plain;
    for (const [name, one] of dynamic) {
      const place = at === "" ? name : `${at}.${name}`;
      repeated.push(place);
      const contents = blocks(one).map(({ content }) => into(first(content), place));
      plain[name] = [...blocks(plain[name]), ...contents];
    }
    return plain;
  };
  return { body: object(into(body, "")), repeated };
}
