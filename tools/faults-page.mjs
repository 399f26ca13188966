// The text of docs/faults.md, from what was measured.

const link = (thread) => `[${thread}](https://github.com/${thread.replace("#", "/issues/")})`;

/** One fault: what breaks, what is promised, each number on a line of its own. */
function fault({ breaks, promise, measured, reported }) {
  const others = reported.length > 0 ? `\n\nReported of other ways: ${reported.map(link).join(", ")}.` : "";
  return `### ${breaks}\n\n**Promised**: ${promise}.\n\n${measured.map((number) => `- ${number}`).join("\n")}${others}`;
}

/**
 * @param rows of the matrix, in its order, each with what was measured
 * @param servers their versions
 */
export function faultsPage(rows, servers, processors) {
  const areas = [...new Set(rows.map(({ area }) => area))];
  return `# What breaks, and what was measured then

**What matters most**:

1. **While Vault is away no pod starts and no open session ends.** Pods that run go on with their logins until these end. A login is refused at its end, but a session
   that is open then lives until Vault is back, or until somebody calls \`SELECT lease.sweep('1000')\`.
2. **While PostgreSQL is away nothing is lost.** A login that reaches its end meanwhile is refused from the first moment on.
3. **An apply or a destroy that was stopped is run again.** Two faults need a command of [operations.md](operations.md): a table that was dropped
   before its grant, and a destroy when PostgreSQL is gone for good.
4. **Many live logins make each login slower** on PostgreSQL 16 and newer: [the last part](#many-at-once) says by how much.

\`npm run faults\` breaks each of these on real servers of one machine, holds the promise against it, and writes this page from what it
measured. Each fault is a test of \`__tests__/faults\`, which \`npm test\` runs as well, without writing. A promise that does not hold
fails the run, and the page stays as it was. Applies and destroys are those of the rehearsal (\`bench/rehearse\`), which does what the
pinned providers do. Times depend on the machine; only those that are part of a promise are tested. Measured with ${servers.join(", ")}, on ${processors} processors.

${areas.map((area) => [`## ${area}`, ...rows.filter((row) => row.area === area).map(fault)].join("\n\n")).join("\n\n")}
`;
}
