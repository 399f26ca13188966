import type { EffectiveFinding } from "../effective/finding";
import { VaultReader, VaultUnread } from "./vault";

/** What was found, and what could not be looked at, in sentences. */
export interface Looked {
  readonly findings: EffectiveFinding[];
  readonly notChecked: string[];
}

/** What may not be read is said, and not passed over. */
export async function orDenied<T>(looked: Looked, path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof VaultUnread)) throw error;
    const sentence = `Vault: ${path}: ${error.why}`;
    if (!looked.notChecked.includes(sentence)) looked.notChecked.push(sentence);
    return undefined;
  }
}

/** More of one kind are not read one by one: each is a request. */
const MOST = 5000;

/** Reads each that a list names. */
export async function every(
  vault: VaultReader,
  looked: Looked,
  list: string,
  each: string,
  see: (path: string, fields: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  const keys = (await orDenied(looked, list, () => vault.list(list))) ?? [];
  if (keys.length > MOST)
    looked.notChecked.push(`Vault: ${keys.length - MOST} of the ${keys.length} below ${list}: too many to read each`);
  for (const key of keys.slice(0, MOST)) {
    const path = `${each}/${key}`;
    const fields = await orDenied(looked, path, () => vault.get(path));
    if (fields) see(path, fields);
  }
}
