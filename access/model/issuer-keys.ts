import { createPublicKey } from "node:crypto";
import { sha256 } from "./digest";

/**
 * How the access graph names a key by which Vault knows tokens: by the digest of the key, whatever its PEM looks like.
 *
 * @throws for a text that is not one public key
 */
export function givenKeyName(pem: string): string {
  return `sha256:${sha256(createPublicKey(pem).export({ type: "spki", format: "der" }))}`;
}

/** How the access graph names keys that Vault fetches: by where it does, and by the CA that it trusts there. @param ca PEM. @default - Vault's own trust store */
export function fetchedKeysName(url: string, ca?: string): string {
  return ca === undefined ? url : `${url}, CA sha256:${sha256(ca)}`;
}
