import { Findings, VaultPath, VaultPolicy } from "../../../constructs";
import { here } from "../../support/here";
import { Mistake, refused } from "../../support/mistakes";

const REFUSED: Mistake[] = [
  {
    title: "an acknowledgement without a reason",
    code: "acknowledgement",
    message: "the acknowledgement of pod-root gives no reason",
    fix: "say in `reason` why it is meant",
    path: "who",
    make: ({ config }, at) => {
      at(here(1));
      Findings.acknowledge(config, { code: "pod-root", reason: "" });
    },
  },
  {
    title: "a policy whose name Vault would fold",
    code: "policy-name",
    message: `policy name "Flags" is not made of lower-case letters, digits, single '.', '_' and '-'`,
    fix: "choose such a name: Vault folds upper case, so that two names would be one policy",
    path: "who/flags",
    make: ({ config }, at) => {
      at(here(1));
      new VaultPolicy(config, "flags", {
        policyName: "Flags",
        rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }],
      });
    },
  },
  {
    title: "one name for two policies",
    code: "policy-name",
    message: "policy flags is made 2 times: who/flags, who/more",
    fix: "give one of them another name: the last one written would be the policy of both",
    path: "who/flags",
    make: ({ config }, at) => {
      at(here(1));
      new VaultPolicy(config, "flags", { rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }] });
      at(here(1));
      new VaultPolicy(config, "more", {
        policyName: "flags",
        rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }],
      });
    },
  },
  {
    title: "a policy path with a glob that was not asked for",
    code: "policy-rule",
    message:
      "policy path \"kv/data/*\" is empty, starts with '/', or holds a glob, '{{', quote, invisible character, space at an end or empty part",
    fix: "name the path exactly; for all below a prefix write VaultPath.startingWith(prefix)",
    path: "who/flags",
    make: ({ config }, at) => {
      const rules = [{ path: VaultPath.exact("kv/data/*"), capabilities: ["read" as const] }];
      at(here(1));
      new VaultPolicy(config, "flags", { rules });
    },
  },
  {
    title: "deny beside another capability",
    code: "policy-rule",
    message:
      "capabilities [read, deny] on kv/data/a are empty, include an unknown one, or include 'deny' beside others",
    fix: "choose among create, read, update, patch, delete, list, deny",
    path: "who/flags",
    make: ({ config }, at) => {
      const rules = [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read" as const, "deny" as const] }];
      at(here(1));
      new VaultPolicy(config, "flags", { rules });
    },
  },
];

test.each(REFUSED)("$code: $title is refused", (mistake) => {
  const { found, expected } = refused(mistake);
  expect(found).toEqual(expected);
});
