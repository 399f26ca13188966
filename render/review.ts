import { AccessReport } from "../access/report/report";
import { blocks, renderReportMarkdown } from "./markdown";
import { matrixOf } from "./matrix";
import { counted, markdownTable, named, toMarkdown, Words } from "./words";

/** What was reviewed, so that whoever reads it later finds the same again. */
export interface ReviewOf {
  /** The checkout and its commit. */
  readonly title?: string;
  /** The day on which it was printed, such as `2026-03-31`. */
  readonly date: string;
  /** SHA-256 of `access.json`. */
  readonly digest?: string;
}

/** The reviews that this is the evidence for, by the numbers of the versions that are named. */
const CONTROLS: readonly (readonly Words[])[] = [
  [
    ["ISO/IEC 27001:2022, Annex A"],
    ["5.15 access control, 5.18 access rights, 8.2 privileged access, 8.3 restriction"],
  ],
  [
    ["SOC 2, Trust Services Criteria 2017"],
    ["CC6.1 logical access, CC6.2 and CC6.3 granting, changing and removing it"],
  ],
  [["PCI DSS 4.0.1"], ["7.2.1 to 7.2.5.1 least privilege and periodic review, 8.6 application and system accounts"]],
];

const FACTS = ["What", "Value"];

/** `access --format review`: who may touch what, dated and with the lines to be signed, for those who file access reviews. */
export function renderReview(report: AccessReport, { title, date, digest }: ReviewOf): string {
  const rows = counted(matrixOf(report.graph).length, "row");
  return blocks([
    "# Access review",
    markdownTable(FACTS, [
      [["Program"], title === undefined ? ["not known: give it with --title"] : [named(title)]],
      [["Printed on"], [date]],
      [["SHA-256 of access.json"], digest === undefined ? ["not known"] : [named(digest)]],
      [["Times of a login"], ["made for one pod, and ended with it; how long at most stands in each row"]],
    ]),
    "It says what the program grants. What lives on the servers is compared with it by `leasehold doctor`: file what it prints beside this.",
    "## Sign-off",
    `Each of the ${rows} below was looked at, and whoever needs it still does work that needs it. What is to go is named, with the change that takes it away.`,
    markdownTable(
      ["Role", "Name", "Decision", "To be taken away", "Date", "Signature"],
      [["Owner of the data"], ["Owner of the program"], ["Reviewer, who is neither"]].map((role) => [
        role,
        [" "],
        ["☐ keep ☐ change"],
        [" "],
        [" "],
        [" "],
      ]),
    ),
    "## Which review this is for",
    markdownTable(["Standard", "Controls"], CONTROLS),
    toMarkdown(["Numbers are those of the versions named; your auditor says which of them apply."]),
    renderReportMarkdown(report)
      .trimEnd()
      .replace(/^(#+) /gm, "#$1 "),
  ]);
}
