import { createHash } from "node:crypto";

/** SHA-256 of a text or of bytes, in hexadecimal digits. */
export function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a value that JSON can hold, whatever the order of its keys. */
export function digestOf(value: unknown): string {
  return sha256(canonical(value));
}

/** JSON with the keys of every object in one order: what says the same is the same text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === "object" && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
