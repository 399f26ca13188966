import { text, texts } from "../program";
import { hardening, Rule } from "../rule";

export const vaultRootToken: Rule = {
  id: "vault-root-token",
  severity: "error",
  title: "Nothing holds the policy `root`",
  why: "A token with the policy root may do everything and never expires.",
  fix: "give it policies of its own",
  references: [hardening("Avoid root tokens")],
  check: ({ resources }) =>
    resources
      .filter(({ type }) => type.startsWith("vault_"))
      .flatMap((resource) => {
        // Vault takes a list or a text with commas in it.
        const policies = ["policies", "token_policies", "allowed_policies"].flatMap((key) =>
          texts(resource.body[key]).flatMap((one) => one.split(",").map((name) => name.trim())),
        );
        const named = text(resource.body.name) === "root" && resource.type === "vault_policy";
        return policies.includes("root") || named
          ? [{ at: resource, what: `${resource.address} names the policy root` }]
          : [];
      }),
};
