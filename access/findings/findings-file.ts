import type { Acknowledgement } from "./acknowledgement";
import type { Finding } from "./finding";

/** What synthesis leaves for `leasehold check`, beside the Terraform JSON. Holds no secret. */
export interface FindingsFile {
  /** Whether the program is held to production. */
  readonly production: boolean;
  /** What synthesis advised, acknowledged or not; what it refuses leaves no file. */
  readonly findings: readonly Finding[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** The user's line by construct path, where it is known; a path below stands for that of its parent. */
  readonly lines: Readonly<Record<string, string>>;
}

/** Version of the file. A reader refuses a newer one. */
export const FINDINGS_VERSION = 1;

/** Name of the file, in the folder of a synthesis. */
export const FINDINGS_FILE = "findings.json";

/** @throws Error for a text that is not such a file */
export function parseFindings(text: string): FindingsFile {
  const value = JSON.parse(text) as (Partial<FindingsFile> & { version?: unknown }) | null;
  const lists = [value?.findings, value?.acknowledgements];
  if (
    value?.version !== FINDINGS_VERSION ||
    !lists.every(Array.isArray) ||
    typeof value.production !== "boolean" ||
    typeof value.lines !== "object"
  )
    throw new Error(`it is of version ${JSON.stringify(value?.version)}, and this Leasehold reads ${FINDINGS_VERSION}`);
  return value as FindingsFile;
}

export function formatFindings({ production, findings, acknowledgements, lines }: FindingsFile): string {
  const file = { version: FINDINGS_VERSION, production, findings, acknowledgements, lines };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
