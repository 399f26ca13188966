import type { AccessReport } from "../constructs";
import { matrixOf } from "../render/matrix";
import { matrixRow } from "../render/report-view";
import { paint, textTable } from "../render/table";
import { databaseNames, toText } from "../render/words";
import type { ProofRow } from "./proof";
import { COLOUR, green, red, table } from "./table";

/** Columns that the demo fits into; a narrower terminal gets its own width. */
const WIDTH = 100;

/** Who may touch what, with the two times that are about logins. */
export function matrix({ graph }: AccessReport): string {
  const nameOf = databaseNames(graph.databases);
  const rows = matrixOf(graph).map((entry) => {
    const [who, may, on, , lease, session] = matrixRow(entry, nameOf).map(toText);
    return { cells: [who, may, on, lease, session] };
  });
  const width = Math.min(process.stdout.columns || WIDTH, WIDTH);
  return textTable(["Who", "May", "On", "Lease", "Session"], rows, { width, paint: paint(COLOUR) });
}

/** A line a pod: how many statements worked, how many were refused, what was seen at the pod's end. */
export function summary(rows: readonly ProofRow[]): string {
  const pods = [...new Set(rows.map(({ pod }) => pod))];
  return table(
    ["", "who", "worked", "refused", "other", "as promised"],
    pods.map((pod) => {
      const own = rows.filter((row) => row.pod === pod);
      const held = own.filter(({ ok }) => ok);
      const count = (kind: string): string => String(held.filter((row) => kindOf(row) === kind).length);
      return [
        held.length === own.length ? green("ok") : red("FAIL"),
        pod,
        count("works"),
        count("refused"),
        count("other"),
        `${held.length} of ${own.length}`,
      ];
    }),
  );
}

/** Every promise that failed, in full: a list, since a statement and its error are longer than a line. */
export function failures(rows: readonly ProofRow[]): string {
  return rows
    .filter(({ ok }) => !ok)
    .map(
      ({ pod, about, detail, expected, got }) =>
        `  ${red("FAIL")} ${pod}: ${about}\n       tried:    ${detail}\n       expected: ${expected}\n       got:      ${got}`,
    )
    .join("\n");
}

/** Every row, for `--verbose`: wider than most terminals. */
export function details(rows: readonly ProofRow[]): string {
  return table(
    ["", "pod", "what", "statement", "expected", "got"],
    rows.map((row) => [row.ok ? green("ok") : red("FAIL"), row.pod, row.about, row.detail, row.expected, row.got]),
  );
}

function kindOf({ expected }: ProofRow): "works" | "refused" | "other" {
  return expected === "works" || expected === "refused" ? expected : "other";
}
