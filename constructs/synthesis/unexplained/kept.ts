import { record } from "./json";

/** What of a block is looked at. */
interface Said {
  readonly block: string;
  readonly type: string;
  readonly body: unknown;
}

/** Providers of which a block is what its arguments say, but for what is named in `KEEPS`. */
const PLAIN = ["vault", "postgresql", "kubernetes", "helm", "terraform", "null", "time", "local"];

/** Types of these providers that make a value of their own: a token, a key, a password. */
const KEEPS =
  /token|secret_id|password|credential|(^|_)(key|keys|keypair|ca|cert|certificate|csr|request)(_|$)|client|totp|pki|ssh|transit|random/;

/**
 * Whether a block keeps a value that its arguments do not say: made once, and kept in the state. Then another block of the same words
 * is another secret, and so is one of another name, which Terraform makes anew. A type of a provider that is not looked at here
 * counts as one that does: rather one change too many is told.
 */
export function keepsValue({ block, type, body }: Said): boolean {
  if (block === "module") return true;
  if (block !== "resource") return false;
  // What is ignored is as it was made.
  if (JSON.stringify(record(record(body).lifecycle).ignore_changes ?? []) !== "[]") return true;
  const [provider] = type.split("_");
  return !PLAIN.includes(provider) || KEEPS.test(type.slice(provider.length + 1));
}
