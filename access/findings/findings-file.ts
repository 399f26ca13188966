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

const ANEW = "write it anew with `npx cdktf synth`";

/** @throws Error for a text that is not such a file: what is wrong with it, and how to get one */
export function parseFindings(text: string): FindingsFile {
  const value = parsed(text) as (Partial<FindingsFile> & { version?: unknown }) | null;
  if (value?.version !== FINDINGS_VERSION)
    throw new Error(
      `it is of version ${JSON.stringify(value?.version)}, and this Leasehold reads ${FINDINGS_VERSION}: ${ANEW}`,
    );
  const list = (["findings", "acknowledgements"] as const).find((name) => !Array.isArray(value[name]));
  if (list !== undefined) throw new Error(`its \`${list}\` are no list: ${ANEW}`);
  if (typeof value.production !== "boolean") throw new Error(`its \`production\` is neither true nor false: ${ANEW}`);
  if (typeof value.lines !== "object" || value.lines === null) throw new Error(`its \`lines\` are no object: ${ANEW}`);
  return value as FindingsFile;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`it is not JSON: ${ANEW}`);
  }
}

export function formatFindings({ production, findings, acknowledgements, lines }: FindingsFile): string {
  const file = { version: FINDINGS_VERSION, production, findings, acknowledgements, lines };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
