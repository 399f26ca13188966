import { createHash } from "node:crypto";
import type { Finding } from "../access/findings/finding";
import type { Rule } from "../access/rules/rule";
import type { CheckOutcome } from "./findings";

/** What a SARIF file says beside the findings. */
export interface SarifOptions {
  /** Version of Leasehold. */
  readonly version: string;
  /** Folder of the program in its repository, with a slash behind it: paths are read from the repository's root. */
  readonly prefix: string;
  readonly rules: readonly Rule[];
}

/** Where a finding is shown that has no line: code scanning shows none without a place. */
const PROGRAM = "cdktf.json";

/** SARIF 2.1.0, as GitHub's code scanning and others read it. What is acknowledged is left out: code scanning would open it again. */
export function sarifOf(outcome: CheckOutcome, { version, prefix, rules }: SarifOptions): object {
  const { findings, unseen } = outcome;
  const used = [...new Set(findings.map(({ code }) => code))].filter((code) => !rules.some(({ id }) => id === code));
  const ids = [...rules.map(({ id }) => id), ...used];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Leasehold",
            semanticVersion: version,
            rules: [
              ...rules.map(descriptor),
              ...used.map((id) => ({ id, shortDescription: { text: `Synthesis: ${id}` } })),
            ],
          },
        },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: unseen.map(({ path, why }) => ({
              level: "warning",
              message: { text: `${path}: ${why}; it was not judged` },
            })),
          },
        ],
        results: findings.map((finding) => resultOf(finding, ids.indexOf(finding.code), prefix)),
      },
    ],
  };
}

function descriptor({ id, severity, title, why, fix, references }: Rule): object {
  const said = [why, `How to put it right: ${fix}`, `References: ${references.join("; ")}`];
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: said.join("\n\n"), markdown: said.join("\n\n") },
    defaultConfiguration: { level: severity },
    properties: {
      tags: ["security"],
      precision: "high",
      "security-severity": severity === "error" ? "8.0" : "5.0",
    },
  };
}

function resultOf({ code, severity, message, fix, path, sources }: Finding, ruleIndex: number, prefix: string): object {
  const places = sources.length === 0 ? [`${PROGRAM}:1`] : sources;
  // What stays when lines move: by it an alert is known again.
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([code, path, message]))
    .digest("hex");
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: `${message} (${path}). How to put it right: ${fix}` },
    locations: places.slice(0, 1).map((place) => locationOf(place, path, prefix)),
    ...(places.length > 1 && {
      relatedLocations: places.slice(1).map((place, id) => ({ id, ...locationOf(place, path, prefix) })),
    }),
    partialFingerprints: { "leasehold/v1": fingerprint },
  };
}

function locationOf(place: string, path: string, prefix: string): object {
  const [, file, line] = /^(.*):(\d+)$/.exec(place) ?? [place, place, "1"];
  const uri = `${prefix}${file.replace(/\\/g, "/")}`.split("/").map(encodeURIComponent).join("/");
  return {
    physicalLocation: {
      artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
      region: { startLine: Math.max(1, Number(line)) },
    },
    logicalLocations: [{ fullyQualifiedName: path }],
  };
}
