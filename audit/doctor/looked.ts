import type { EffectiveFinding } from "../effective/finding";
import { VaultDenied } from "./vault";

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
    if (!(error instanceof VaultDenied)) throw error;
    const sentence = `Vault: ${path}: the token may not read it; \`leasehold doctor --needs\` prints the policy that suffices`;
    if (!looked.notChecked.includes(sentence)) looked.notChecked.push(sentence);
    return undefined;
  }
}
