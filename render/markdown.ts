import type { AccessReport } from "../access/report/report";
import type { Answer } from "./answers";
import { viewOf } from "./report-view";
import { Section } from "./section";
import { renderPathsMermaid } from "./mermaid";
import { markdownTable, toMarkdown } from "./words";

/** The report as GitHub-flavoured Markdown: `access.md`. */
export function renderReportMarkdown(report: AccessReport): string {
  const view = viewOf(report);
  return blocks([
    "# Access",
    view.summary,
    view.warning === undefined ? undefined : `> **Warning:** ${view.warning}`,
    `## ${view.matrix.title}`,
    view.matrix.rows.length > 0 ? sectionBody(view.matrix) : "Nobody may touch anything.",
    ...view.sections.map(renderSectionMarkdown),
    ...renderPathsMermaid(report.graph, view.entries),
  ]);
}

/** A table of Markdown with its title, folded if it is of little weight. */
export function renderSectionMarkdown(section: Section): string {
  const { title, rows, folded } = section;
  if (title === undefined) return sectionBody(section);
  return folded ? fold(`${title}: ${rows.length}`, sectionBody(section)) : `## ${title}\n\n${sectionBody(section)}`;
}

function sectionBody({ note, about, header, rows }: Section): string {
  return blocks([note, about && toMarkdown(about), markdownTable(header, rows)]).trimEnd();
}

/** The answer to a question as GitHub-flavoured Markdown. */
export function renderAnswerMarkdown({ line, sections, notes }: Answer): string {
  return blocks([
    `**Access:** ${toMarkdown(line)}`,
    ...sections.map(renderSectionMarkdown),
    notes.map((note) => `- Note: ${toMarkdown(note)}`).join("\n"),
  ]);
}

/** Folded, with a title of our own. */
export function fold(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** Paragraphs, without the empty ones. */
export function blocks(all: readonly (string | undefined)[]): string {
  return `${all.filter((block) => block !== undefined && block !== "").join("\n\n")}\n`;
}
