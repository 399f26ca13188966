// The pages of the site in four parts, in the order in which they are read. A page of docs/ that none of them names stands in the last one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A part of the site: its name, and the Markdown file of each page with its name in the list beside the text. */
const part = (text, collapsed, pages) => ({
  text,
  collapsed,
  items: Object.entries(pages).map(([file, name]) => ({ text: name, link: `/${file.replace(/\.md$/, "")}` })),
});

const parts = [
  { text: "Leasehold", link: "/" },
  part("Tutorial", false, {
    "docs/tutorial.md": "Your first logins",
  }),
  part("How-to", false, {
    "docs/adopt.md": "With a Vault and a PostgreSQL",
    "docs/existing-database.md": "A database that exists",
    "docs/teams.md": "Several teams",
    "docs/clusters.md": "Several clusters",
    "docs/migrations.md": "Migrations from CI",
    "docs/workloads.md": "Workloads and credentials",
    "docs/external-workloads.md": "Helm, Argo CD, kubectl",
    "docs/poolers.md": "Poolers",
    "docs/environment.md": "Environments",
    "docs/deployer.md": "A pipeline with few rights",
    "docs/pull-requests.md": "Pull requests",
    "docs/access-review.md": "An access review",
    "docs/assertions.md": "Assertions in tests",
    "docs/testing.md": "Tests on real servers",
    "docs/prove.md": "Prove before a deployment",
    "docs/doctor.md": "Doctor on live servers",
    "docs/engines.md": "Move to cdktn or OpenTofu",
  }),
  part("Operations", true, {
    "docs/operations.md": "When something is wrong",
    "docs/operations/install.md": "Install",
    "docs/operations/first-vault.md": "The first Vault",
    "docs/operations/add-workload.md": "Add a workload",
    "docs/operations/add-database.md": "Add a database",
    "docs/operations/add-cluster.md": "Add a cluster",
    "docs/operations/monitor.md": "Monitor",
    "docs/operations/revoke.md": "Revoke",
    "docs/operations/drain.md": "Drain",
    "docs/operations/rotate-ca.md": "Rotate a CA",
    "docs/operations/upgrade.md": "Upgrade",
    "docs/operations/uninstall.md": "Uninstall",
  }),
  part("Explanation", false, {
    "docs/how-it-works.md": "How it works, in pictures",
    "docs/security.md": "What is promised",
    "docs/hardening.md": "Hardening guides, line by line",
    "docs/faults.md": "What breaks, measured",
    "docs/performance.md": "How fast it is",
    "docs/compared-with.md": "Compared with other ways",
    "docs/decisions.md": "Parts that we wrote",
  }),
  part("Reference", false, {
    "docs/api.md": "Types",
    "docs/cli.md": "Commands",
    "docs/grants.md": "Grants",
    "docs/findings.md": "Findings",
    "docs/rules.md": "Rules",
    "docs/explorer.md": "access.html",
    "docs/glossary.md": "Words",
    "CHANGELOG.md": "Changes",
    "SECURITY.md": "Report a hole",
    "CONTRIBUTING.md": "Contribute",
  }),
];

/** Pages that nobody has put anywhere, by their headings. */
function further() {
  const named = new Set(parts.flatMap(({ items = [] }) => items.map(({ link }) => `${link.slice(1)}.md`)));
  const left = readdirSync(join(root, "docs"), { recursive: true })
    .map((name) => `docs/${String(name).replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".md") && !named.has(name))
    .sort();
  const heading = (file) => /^# (.+)$/m.exec(readFileSync(join(root, file), "utf8"))?.[1].replaceAll("`", "") ?? file;
  return left.length === 0 ? [] : [part("More", true, Object.fromEntries(left.map((file) => [file, heading(file)])))];
}

export const sidebar = [...parts, ...further()];
