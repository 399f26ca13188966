import { unescaped } from "../../terraform/expression";
import { isComputed, text } from "../program";
import { PolicyRule, rulesOf } from "../policy-text";
import { hardening, Rule } from "../rule";

const WRITES = ["create", "update", "patch", "delete", "sudo"];

function tooMuch({ path, capabilities }: PolicyRule, mounts: readonly string[]): string | undefined {
  if (capabilities.length === 0 || capabilities.includes("deny")) return undefined;
  const clean = path.replace(/^\//, "");
  if (capabilities.includes("sudo")) return `sudo on ${JSON.stringify(path)}`;
  if (/^[+*/]*$/.test(clean)) return `${capabilities.join(", ")} on every path`;
  if (/^(sys|auth|identity)\/?\*$/.test(clean) && capabilities.some((one) => WRITES.includes(one)))
    return `${capabilities.join(", ")} on all of ${clean.split("/")[0].replace("*", "")}`;
  if (/^sys\/(policies\/acl|policy|auth|mounts)\/[+*]$/.test(clean) && capabilities.some((one) => WRITES.includes(one)))
    return `${capabilities.join(", ")} on ${JSON.stringify(path)}: who has it gives himself everything`;
  const logins =
    /(^|\/)(static-)?creds\/(.*[+*])$/.test(clean) ||
    mounts.some((mount) => clean.endsWith("*") && `${mount}/creds/`.startsWith(clean.slice(0, -1)));
  return logins && capabilities.includes("read") ? `the logins of every role under ${JSON.stringify(path)}` : undefined;
}

export const vaultPolicy: Rule = {
  id: "vault-policy",
  severity: "error",
  title: "Vault policies name what they give",
  why: "A wildcard gives what does not exist yet, too: the next database role, the next auth method. `sudo` passes the checks of root-protected paths.",
  fix: "name the paths: one database role is <mount>/creds/<role>; leave sudo to a person's own policy",
  references: [hardening("Apply least privilege"), "Vault documentation: Policies, sudo and priority matching"],
  check: ({ resources, graph }) => {
    const mounts = graph.databases.map(({ mountPath }) => mountPath);
    return resources
      .filter(({ type }) => type === "vault_policy")
      .flatMap((policy) => {
        const said = text(policy.body.policy);
        if (said === undefined || isComputed(said))
          return [{ at: policy, what: "its text is computed when Terraform runs: it was not read" }];
        const rules = rulesOf(unescaped(said));
        if (rules === undefined) return [{ at: policy, what: "its text is not understood: it was not read" }];
        return rules
          .flatMap((rule) => tooMuch(rule, mounts) ?? [])
          .map((what) => ({ at: policy, what: `it gives ${what}` }));
      });
  },
};
