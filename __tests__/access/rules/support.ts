import { App, TerraformStack } from "cdktf";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessGraph } from "../../../access/model/graph";
import { violationsOf } from "../../../access/rules/check";
import { JsonObject, programOf } from "../../../access/rules/program";
import { run } from "../../../cli/run";
import { GUARDRAILS_CONTEXT, VaultPath, VaultPolicy } from "../../../constructs";

export interface Found {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly path: string;
  readonly sources: readonly string[];
  readonly page: string;
}

export interface Checked {
  readonly code: number;
  readonly out: string;
  readonly findings: readonly Found[];
  readonly acknowledged: readonly { readonly finding: Found; readonly acknowledgement: { readonly reason: string } }[];
  readonly notRead: readonly { readonly path: string; readonly why: string }[];
}

/** What `leasehold check` says of a program, synthesized as its own user would. */
export async function checked(
  build: (app: App) => void,
  options: { readonly production?: boolean; readonly args?: readonly string[]; readonly width?: number } = {},
): Promise<Checked> {
  const outdir = mkdtempSync(join(tmpdir(), "leasehold-"));
  try {
    const guardrails = options.production ? "production" : "sandbox";
    const app = new App({ outdir, context: { [GUARDRAILS_CONTEXT]: guardrails }, skipValidation: true });
    build(app);
    app.synth();
    let out = "";
    let err = "";
    const code = await run(["check", "--program", outdir, ...(options.args ?? ["--format", "json"])], {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      readFile: (path) => readFileSync(path, "utf8"),
      writeFile: () => undefined,
      colour: false,
      ...(options.width !== undefined && { width: options.width }),
    });
    if (err !== "") throw new Error(err);
    const json = (
      options.args === undefined ? JSON.parse(out) : { findings: [], acknowledged: [], notRead: [] }
    ) as Omit<Checked, "code" | "out">;
    return { code, out, ...json };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** A stack with something of ours, so that a report is written, and nothing that a rule minds. */
export function plainStack(app: App): TerraformStack {
  const stack = new TerraformStack(app, "own");
  new VaultPolicy(stack, "flags", {
    rules: [{ path: VaultPath.exact("flags/data/shop"), capabilities: ["read"] }],
  });
  return stack;
}

export const EMPTY_GRAPH: AccessGraph = { databases: [], identities: [], edges: [], deliveries: [] };

/** What the rules find in a stack, and what they could not read, as messages. */
export interface Judged {
  readonly found: readonly string[];
  readonly unseen: readonly string[];
}

/** What the rules of production say of a stack that is written as Terraform JSON. */
export function judged(document: JsonObject): Judged {
  const program = programOf([{ name: "own", document }], EMPTY_GRAPH, { production: true, lines: {} });
  return {
    found: violationsOf(program).map(({ code, message }) => `${code}: ${message}`),
    unseen: program.unseen.map(({ why }) => why),
  };
}

/** The same of one resource, beside what else the stack has. */
export function resourceJudged(
  type: string,
  body: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Judged {
  return judged({ resource: { [type]: { x: body } }, ...more } as unknown as JsonObject);
}
