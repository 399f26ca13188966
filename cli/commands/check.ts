import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { FINDINGS_FILE, FindingsFile, parseFindings } from "../../access/findings/findings-file";
import type { Provenance } from "../../access/model/graph";
import type { AccessReport } from "../../access/report/report";
import { RULES } from "../../access/rules/all";
import { check as judge } from "../../access/rules/check";
import { JsonObject, object, programOf, StackDocument, text, Unseen } from "../../access/rules/program";
import { printableJson } from "../../render/escape";
import { CheckOutcome, pageOfFinding, renderFindingsText } from "../../render/findings";
import { sarifOf } from "../../render/sarif";
import { Command, DONE, FOUND, UsageError } from "../command/command";
import type { Io } from "../command/io";
import { readInput } from "../command/report-file";
import { version } from "../command/package-root";

const FORMATS = ["text", "json", "sarif"];

/** `leasehold check --format sarif`. */
export const check: Command = {
  name: "check",
  summary: "checks the whole program by the rules of hardening guides, your own resources too",
  args: [],
  details:
    "Reads what `npx cdktf synth` wrote: no cluster, no credentials. Each rule and what it is for: docs/rules.md. It also\n" +
    "shows the warnings of synthesis. `Findings.acknowledge` in the program accepts a finding, with a reason.\n" +
    "Exit codes: 0 no findings, 1 it could not be done, 2 findings that nobody has acknowledged.",
  options: {
    program: { type: "string", value: "<folder>", help: "the synthesized program; default: cdktf.out" },
    format: { type: "string", value: "<format>", help: "text, json or sarif; sarif is for code scanning" },
  },
  run: ({ io, option, readReport }) => {
    const format = option("format") ?? "text";
    if (!FORMATS.includes(format))
      throw new UsageError(`--format ${JSON.stringify(format)}: choose ${FORMATS.join(", ")}`);
    const outcome = outcomeOf(io, option("program") ?? "cdktf.out", readReport);
    if (format === "text")
      io.out(renderFindingsText(outcome, { colour: io.colour, ...(io.width !== undefined && { width: io.width }) }));
    else if (format === "json") io.out(`${printableJson(jsonOf(outcome))}\n`);
    else
      io.out(
        `${printableJson(sarifOf(outcome, { version: version(), prefix: prefixOf(process.cwd()), rules: RULES }))}\n`,
      );
    return outcome.findings.length > 0 ? FOUND : DONE;
  },
};

function outcomeOf(io: Io, folder: string, readReport: (path: string) => AccessReport): CheckOutcome {
  const { graph } = readReport(join(folder, "access.json"));
  const said = readFindings(io, join(folder, FINDINGS_FILE));
  const { stacks, unread } = readStacks(io, folder);
  const places = [graph.databases, graph.deliveries, graph.identities, graph.edges, graph.workloads ?? []];
  const known = (places.flat() as Provenance[]).flatMap(({ path, source }) =>
    source === undefined ? [] : [[path, source] as const],
  );
  const lines = { ...said.lines, ...Object.fromEntries(known) };
  const program = programOf(stacks, graph, { production: said.production, lines });
  const today = new Date().toISOString().slice(0, 10);
  const judged = judge(program, { advised: said.findings, acknowledgements: said.acknowledgements, today });
  const leftOut = program.production ? 0 : RULES.filter(({ productionOnly }) => productionOnly).length;
  return {
    ...judged,
    production: program.production,
    stacks: stacks.length + unread.length,
    resources: program.resources.length + program.settings.length,
    rules: RULES.length - leftOut,
    leftOut,
    unseen: [...unread, ...program.unseen],
  };
}

function readFindings(io: Io, path: string): FindingsFile {
  const file = readInput(io, path, {
    what: "file",
    missing:
      "write it with `npx cdktf synth`, by a Leasehold that has `check`, or name its folder with --program <folder>",
    option: "--program",
  });
  try {
    return parseFindings(file);
  } catch (error) {
    throw new UsageError(`${JSON.stringify(path)}: ${(error as Error).message}`);
  }
}

function readStacks(io: Io, folder: string): { readonly stacks: StackDocument[]; readonly unread: Unseen[] } {
  const stacks: StackDocument[] = [];
  const unread: Unseen[] = [];
  for (const [name, entry] of Object.entries(object(readJson(io, join(folder, "manifest.json")).stacks))) {
    const path = text(object(entry).synthesizedStackPath) ?? "";
    if (path.endsWith(".json")) stacks.push({ name, document: readJson(io, join(folder, path)) });
    else unread.push({ path: name, why: "it was not synthesized as JSON" });
  }
  return { stacks, unread };
}

function readJson(io: Io, path: string): JsonObject {
  const file = readInput(io, path, {
    what: "file",
    missing: "write it with `npx cdktf synth`, or name its folder with --program <folder>",
    option: "--program",
  });
  try {
    return JSON.parse(file) as JsonObject;
  } catch {
    throw new UsageError(`${JSON.stringify(path)} is not JSON: write it anew with \`npx cdktf synth\``);
  }
}

function jsonOf({ findings, acknowledged, unseen, production }: CheckOutcome): object {
  return {
    version: 1,
    production,
    findings: findings.map((finding) => ({ ...finding, page: pageOfFinding(finding) })),
    acknowledged,
    notRead: unseen,
  };
}

/** The folder of the program in its git repository, as a path with a slash behind it. */
function prefixOf(folder: string): string {
  for (let root = folder; ; root = dirname(root)) {
    if (existsSync(join(root, ".git"))) {
      const within = relative(root, folder).split(sep).join("/");
      return within === "" ? "" : `${within}/`;
    }
    if (dirname(root) === root) return "";
  }
}
