import type { Rule } from "../access/rules/rule";

/** docs/rules.md: every rule with its anchor, made of the rules themselves. */
export function rulesPage(rules: readonly Rule[]): string {
  const production = rules.filter(({ productionOnly }) => productionOnly).length;
  return `# Rules

What \`npx leasehold check\` looks for in a synthesized program: in the access graph, and in the Terraform JSON of its stacks, your own resources included. It
reads files only: no cluster, no Vault, no credentials. This page is written from the rules; what synthesis refuses and advises is in
[findings.md](findings.md), and \`check\` shows that as well.

- **Exit codes**: 0 nothing was found, 2 something was that nobody has acknowledged, 1 it could not be done.
- **Forms**: \`--format text\`, \`json\`, or \`sarif\` (2.1.0), which GitHub's code scanning shows at the line:
  \`npx leasehold check --format sarif > leasehold.sarif\`, then \`github/codeql-action/upload-sarif\`. What is acknowledged is not in it.
- **A sandbox** is spared the ${production} rules that are marked so.
- **A finding that is meant is acknowledged** in the program, with a reason: [\`Findings.acknowledge\`](findings.md#acknowledge-a-finding).
- **Manifests are held to the same rules**: those of \`kubernetes_manifest\`, and JSON or YAML in a resource of any other provider. So is a policy, an auth role or a
  connection that \`vault_generic_endpoint\` writes. Of expressions, what can be known without Terraform is read: locals, arguments of other resources,
  \`jsonencode\` and the like.
- **Vault's chart**: its values are merged as the helm provider does, \`set\` included. The pods, Services, Ingress and routes that its templates (0.34.1) make of them are held to the rules about
  such; a test compares them with what the real chart makes of these values. Of its roles one is read, that of the CSI provider. Its own containers are spared \`pod-writable-root\`, \`pod-resources\` and \`pod-service-account\`, as the chart has them. The values of any other chart are looked
  through for secrets only.
- **What is not read** is listed in each of the three forms, and never counts as right: arguments that a rule decides by and that are computed when Terraform runs,
  variables among them; \`count\`, \`for_each\` and dynamic blocks; modules, provisioners, charts other than Vault's, \`postrender\`; pods on OpenShift; YAML with anchors, tags or
  folded texts; objects of operators; auth methods other than Kubernetes and JWT; SQL of your own in database roles; resources of providers that no rule knows.
  Exit code 0 then says that nothing was found in the rest.
- **Names in the numbers of benchmarks** are those of the version that is named; others may count otherwise.
- **The injected agent** is a container that no rule sees here: it is made when the pod is. It runs without root, and has the pod's seccomp profile.

| rule | level | what is to be so |
| --- | --- | --- |
${rules.map(({ id, severity, title }) => `| [${id}](#${id}) | ${severity} | ${title} |`).join("\n")}

${rules.map(section).join("\n\n")}
`;
}

function section({ id, severity, title, why, fix, references, productionOnly }: Rule): string {
  return (
    [
      `## ${id}`,
      `**${title}.** ${severity === "error" ? "Error" : "Warning"}${productionOnly ? ", in production only" : ""}.`,
      `- Why: ${why}`,
      `- How to put it right: ${fix}.`,
      `- References: ${references.join("; ")}.`,
    ]
      .join("\n\n")
      .replace(/\n\n- (How|References)/g, "\n- $1")
      // A forge would take a placeholder such as <mount> for HTML, and show nothing.
      .replaceAll("<", "&lt;")
  );
}
