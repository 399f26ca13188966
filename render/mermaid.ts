import type { AccessGraph } from "../access/model/graph";
import { htmlText, mermaidText } from "./escape";
import type { MatrixEntry } from "./matrix";
import { databaseNames, objectWords, Words } from "./words";

/** With more nodes than this the picture cannot be read any more; the table says it better. */
const MOST_IDENTITIES = 30;
const MOST_OBJECTS = 12;

/**
 * The way of each identity to what it may touch as a Mermaid flowchart, folded: ServiceAccount, auth role, policy, database
 * role, lease functions, group role, objects.
 *
 * @param entries the access matrix of the graph
 */
export function renderPathsMermaid(graph: AccessGraph, entries: readonly MatrixEntry[]): string[] {
  const who = [...new Set(entries.map((entry) => entry.who))];
  if (who.length === 0 || who.length > MOST_IDENTITIES) return [];
  return [
    "## By which way",
    ...who.map((name) => {
      const own = entries.filter((entry) => entry.who === name);
      return fold(name, pathsOf(graph, name, own));
    }),
  ];
}

function pathsOf(graph: AccessGraph, who: string, entries: readonly MatrixEntry[]): string {
  const nameOf = databaseNames(graph.databases);
  const identity = graph.identities.find(({ key }) => `${key.cluster}/${key.namespace}/${key.serviceAccount}` === who);
  const lines = [
    `  sa["${label("ServiceAccount", [{ name: who }])}"] --> auth["${label("auth role", [{ name: identity?.authRole ?? "?" }])}"]`,
  ];
  const mounts = [...new Set(entries.map(({ via }) => via.mountPath))];
  mounts.forEach((mountPath, index) => {
    const own = entries.filter(({ via }) => via.mountPath === mountPath);
    const [{ via, database }] = own;
    const chain = [
      `p${index}["${label("policy", [{ name: via.policy }])}"]`,
      `d${index}["${label("database role", [{ name: via.databaseRole }])}"]`,
      `l${index}["${label("lease functions of", [{ name: nameOf(database) }])}"]`,
      `g${index}["${label("group role", [{ name: via.groupRole }])}"]`,
    ];
    lines.push(`  auth --> ${chain.join(" --> ")}`);
    own.slice(0, MOST_OBJECTS).forEach((entry, object) => {
      const words = objectWords(entry.object, nameOf(entry.database), entry.columns);
      lines.push(`  g${index} -->|"${text([entry.privileges.join(", ")])}"| o${index}_${object}["${text(words)}"]`);
    });
    if (own.length > MOST_OBJECTS) lines.push(`  g${index} --> more${index}["and ${own.length - MOST_OBJECTS} more"]`);
  });
  return ["```mermaid", "flowchart LR", ...lines, "```"].join("\n");
}

function label(kind: string, words: Words): string {
  return `${kind}<br/>${text(words)}`;
}

function text(words: Words): string {
  return words.map((piece) => (typeof piece === "string" ? piece : mermaidText(piece.name))).join("");
}

/** A summary is HTML, where a code span means nothing: the name is escaped for HTML. */
function fold(name: string, body: string): string {
  return `<details><summary><code>${htmlText(name)}</code></summary>\n\n${body}\n\n</details>`;
}
