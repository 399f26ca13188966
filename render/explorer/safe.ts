import { visible } from "../escape";

/** What is plain is most of what there is, and shown as it is. */
const PLAIN = /^[!-[\]-~](?:(?!::|##| {2})[ -[\]-~])*$/;

/** A name in characters that can be seen. */
export function safeText(text: string): string {
  return text === "" || (text.length <= 200 && PLAIN.test(text) && !/^::|^##| $/.test(text)) ? text : visible(text);
}

/** A node with every name in characters that can be seen. */
export function safe<T>(value: T): T {
  if (typeof value === "string") return safeText(value) as T;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(safe) as T;
  const copy = { ...value };
  for (const key in copy) copy[key] = safe(copy[key]);
  return copy;
}

/** Makes something of a node once: many rows share it. */
export function once<N extends object, T>(make: (node: N) => T): (node: N) => T {
  const made = new Map<N, T>();
  return (node) => {
    const known = made.get(node);
    if (known !== undefined) return known;
    const fresh = make(node);
    made.set(node, fresh);
    return fresh;
  };
}
