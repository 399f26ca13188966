// The text of docs/faults.md, from what was measured.

const link = (thread) => `[${thread}](https://github.com/${thread.replace("#", "/issues/")})`;

/** One fault: what breaks, what is promised, each number on a line of its own. */
function fault({ id, breaks, promise, measured, reported }) {
  const others = reported.length > 0 ? `\n\nReported of other ways: ${reported.map(link).join(", ")}.` : "";
  return `<a id="${id}"></a>\n\n### ${breaks}\n\n**Promised**: ${promise}.\n\n${measured.map((number) => `- ${number}`).join("\n")}${others}`;
}

/** One sentence of the head, with the numbers of the faults that show it. A number that was not measured stops the run. */
function matters({ says, seen }, rows) {
  const numbers = seen.map(([id, what]) => {
    const number = rows.find((row) => row.id === id)?.measured.find((each) => each.startsWith(what));
    if (number === undefined) throw new Error(`head.json: ${id} measured no ${JSON.stringify(what)}`);
    return `[${number}](#${id})`;
  });
  return `- ${says} Seen: ${numbers.join("; ")}.`;
}

/**
 * @param head what matters most, of __tests__/faults/head.json
 * @param rows of the matrix, in its order, each with what was measured
 * @param servers their versions
 */
export function faultsPage(head, rows, servers, processors) {
  const areas = [...new Set(rows.map(({ area }) => area))];
  return `# What breaks, and what was measured then

**What matters most**, each with a number of the last run and a link to what was done:

${head.map((point) => matters(point, rows)).join("\n")}

\`npm run faults\` breaks each of these on real servers of one machine, holds the promise against it, and writes this page from what it
measured. Each fault is a test of \`__tests__/faults\`, which \`npm test\` runs as well, without writing. A promise that does not hold
fails the run, and the page stays as it was. Applies and destroys are those of the rehearsal (\`bench/rehearse\`), which does what the
pinned providers do. Times depend on the machine; only those that are part of a promise are tested. Measured with ${servers.join(", ")}, on ${processors} processors.

${areas.map((area) => [`## ${area}`, ...rows.filter((row) => row.area === area).map(fault)].join("\n\n")).join("\n\n")}
`;
}
