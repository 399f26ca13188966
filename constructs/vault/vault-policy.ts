import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Construct } from "constructs";
import { mayHoldCode } from "../../access/terraform/expression";
import { checkGiven } from "../../access/model/given";
import { givenPolicyProblem, isPrintable, mountPathProblem, textProblem } from "../../access/model/rules";
import { ensureAccessCheck } from "../synthesis/check";
import { claimName } from "../private/claims";
import { hclString, hclStrings } from "../private/hcl";
import { setting } from "../private/origin";
import { report } from "../private/findings";
import { literal } from "../private/terraform";
import { IVaultPolicy } from "../contracts/vault";
import { checkedOptions, checkedText, madeIn } from "../private/options";
import { described } from "../private/described";

/** What a rule allows (Vault documentation, Policies). `sudo` and `root` are not on offer: write the raw L1 for them. */
export type Capability = "create" | "read" | "update" | "patch" | "delete" | "list" | "deny";

const CAPABILITIES: readonly Capability[] = ["create", "read", "update", "patch", "delete", "list", "deny"];

/** The path of a rule: exact unless asked otherwise, so that a `*` in a name never widens a policy. */
export class VaultPath {
  /** Exactly this path. `*` and `+` in it are refused at synthesis. */
  static exact(path: string): VaultPath {
    checkedText("path", "VaultPath.exact", path, true);
    return new VaultPath(path, false);
  }
  /** Every path that starts with this prefix: a `*` is appended. `*` and `+` in the prefix are refused at synthesis. */
  static startingWith(prefix: string): VaultPath {
    checkedText("prefix", "VaultPath.startingWith", prefix, true);
    return new VaultPath(prefix, true);
  }
  private constructor(
    /** The path, without a leading slash. */
    readonly path: string,
    /** Whether it stands for all paths below. */
    readonly prefix: boolean,
  ) {}
  /** As the policy holds it. */
  toString(): string {
    return this.prefix ? `${this.path}*` : this.path;
  }
}

/** One rule of a policy. */
export interface VaultPolicyRule {
  /** Path, or prefix of paths, to which the rule applies. */
  readonly path: VaultPath;
  /** At least one; a `deny` stands alone. */
  readonly capabilities: Capability[];
  /** Shown in the policy as a comment. @default - no comment */
  readonly description?: string;
  /** Parameters that a request may carry, each with its allowed values; an empty list allows any value. @default - any parameter */
  readonly allowedParameters?: Readonly<Record<string, string[]>>;
  /** Parameters that a request may not carry, each with its denied values; an empty list denies every value. @default - none */
  readonly deniedParameters?: Readonly<Record<string, string[]>>;
  /** Parameters a request must carry. @default - none */
  readonly requiredParameters?: string[];
}

/** Options of a policy. */
export interface VaultPolicyProps {
  /** Name in Vault, lower case. @default - the construct's id */
  readonly policyName?: string;
  /** The rules, in the order in which they are to be read. */
  readonly rules: VaultPolicyRule[];
}

/**
 * A policy of typed rules, rendered to HCL that parses back to the same.
 *
 * Refused at synthesis: a name with upper case, since Vault changes it to lower case and two policies may become one; a glob in a
 * path that `VaultPath.startingWith` did not make; an empty list of capabilities, or one that contradicts itself.
 */
export class VaultPolicy extends Construct implements IVaultPolicy {
  /** A policy that exists already. */
  static fromPolicyName(scope: Construct, id: string, policyName: string): IVaultPolicy {
    madeIn(scope, id, VaultPolicy);
    class Imported extends Construct implements IVaultPolicy {
      readonly policyName = policyName;
    }
    const imported = new Imported(scope, id);
    ensureAccessCheck(imported);
    const problem = givenPolicyProblem(policyName);
    if (problem)
      report(imported, {
        code: "policy-name",
        message: `policy name ${typeof policyName === "string" ? JSON.stringify(policyName) : described(policyName)} ${problem}`,
        fix: "name the policy as Vault lists it",
      });
    return imported;
  }

  readonly policyName: string;
  /** The L1. */
  readonly resource: Policy;

  constructor(scope: Construct, id: string, given: VaultPolicyProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "VaultPolicyProps", given);
    ensureAccessCheck(this);
    this.policyName = props.policyName ?? id;
    claimName(this, "policy", this.policyName);
    // Vault's storage refuses two dots wherever they stand.
    if (!/^[a-z0-9](?!.*\.\.)[a-z0-9._-]*$/.test(this.policyName) || this.policyName === "root") {
      report(this, {
        code: "policy-name",
        message: `policy name ${JSON.stringify(this.policyName)} is not made of lower-case letters, digits, single '.', '_' and '-'`,
        fix: "choose such a name: Vault folds upper case, so that two names would be one policy",
      });
    }
    if (props.rules.length === 0)
      report(this, {
        code: "policy-rule",
        message: `policy ${JSON.stringify(this.policyName)} has no rule: Vault refuses an empty policy`,
        fix: "give it a rule, or leave the policy out",
      });
    for (const rule of props.rules) this.check(rule);
    this.resource = setting(
      new Policy(this, "Resource", {
        name: literal(this.policyName),
        policy: literal(renderPolicy(props.rules)),
      }),
    );
  }

  private check(rule: VaultPolicyRule): void {
    const { path, prefix } = rule.path;
    const bare = prefix ? path.replace(/\/$/, "") : path;
    const shown = isPrintable(bare) && bare === bare.trim();
    if (bare === "" || !shown || bare.startsWith("/") || /[*+\p{Cc}"\\]|\{\{|\}\}|\/\/|(^|\/)\.\.?(\/|$)/u.test(bare)) {
      report(this, {
        code: "policy-rule",
        message: `policy path ${JSON.stringify(path)} is empty, starts with '/', or holds a glob, '{{', quote, invisible character, space at an end or empty part`,
        fix: "name the path exactly; for all below a prefix write VaultPath.startingWith(prefix)",
      });
    }
    const { allowedParameters = {}, deniedParameters = {}, requiredParameters = [] } = rule;
    const texts = [path, requiredParameters, ...Object.entries(allowedParameters), ...Object.entries(deniedParameters)];
    // Vault reads policies with the first version of HCL, in which `$${` does not stand for `${`.
    const template = texts.flat(2).find(mayHoldCode);
    if (template !== undefined)
      report(this, {
        code: "policy-rule",
        message: `${JSON.stringify(template)}, in the rule on ${rule.path}, holds \${ or %{, which a policy of Vault cannot carry`,
        fix: "name paths and parameters without them",
      });
    const carried = texts.flat(2);
    for (const text of [...carried, rule.description ?? ""]) {
      // Vault's reader loses it from a comment; see UNREADABLE.
      const unreadable = carried.includes(text) && text.includes("\ue123");
      const problem =
        textProblem(text) ?? (unreadable ? "holds U+E123, which Vault's policies cannot carry" : undefined);
      if (problem)
        report(this, {
          code: "policy-rule",
          message: `${JSON.stringify(text)}, in the rule on ${rule.path}, ${problem}`,
          fix: "write it in normal form C",
        });
    }
    const unknown = rule.capabilities.filter((capability) => !CAPABILITIES.includes(capability));
    if (
      unknown.length > 0 ||
      rule.capabilities.length === 0 ||
      (rule.capabilities.includes("deny") && rule.capabilities.length > 1)
    ) {
      report(this, {
        code: "policy-rule",
        message: `capabilities [${rule.capabilities.join(", ")}] on ${rule.path} are empty, include an unknown one, or include 'deny' beside others`,
        fix: `choose among ${CAPABILITIES.join(", ")}`,
      });
    }
  }
}

/** A character that Vault's reader of policies takes nowhere, not even in comments (hashicorp/hcl 1, hcl/scanner). */
const UNREADABLE = /[\0\ue123]/g;

/** The rules as HCL. Pure: the tests parse it back. */
export function renderPolicy(rules: readonly VaultPolicyRule[]): string {
  checkGiven(
    Array.isArray(rules),
    "what renderPolicy() is given",
    rules,
    "give a list of rules: [{ path, capabilities }]",
  );
  return rules.map(renderRule).join("\n");
}

function renderRule(rule: VaultPolicyRule): string {
  const comment =
    rule.description === undefined
      ? []
      : rule.description
          .replace(UNREADABLE, "\ufffd")
          .split(/[\r\n\u2028\u2029]+/)
          .map((line) => `# ${line}`);
  const parameters = (name: string, values?: Readonly<Record<string, readonly string[]>>): string[] =>
    values === undefined
      ? []
      : [
          `  ${name} = {`,
          ...Object.keys(values)
            .sort()
            .map((key) => `    ${hclString(key)} = ${hclStrings(values[key])}`),
          "  }",
        ];
  return [
    ...comment,
    `path ${hclString(rule.path.toString())} {`,
    `  capabilities = ${hclStrings(rule.capabilities)}`,
    ...parameters("allowed_parameters", rule.allowedParameters),
    ...parameters("denied_parameters", rule.deniedParameters),
    ...(rule.requiredParameters === undefined
      ? []
      : [`  required_parameters = ${hclStrings(rule.requiredParameters)}`]),
    "}",
    "",
  ].join("\n");
}

/** What operators may set of a connection: how many connections Vault keeps, and which roles use it. */
const TUNABLE_CONNECTION = ["allowed_roles", "max_open_connections", "max_idle_connections", "max_connection_lifetime"];
/** What operators may set of a database role: its times, which the lease functions cap. */
const TUNABLE_ROLE = ["db_name", "default_ttl", "max_ttl"];

/**
 * Rules for the people who run a database's mount: they manage its connection and roles, and get no credential.
 *
 * Whoever may write every parameter can get a credential all the same. To a `connection_url` of their own, Vault sends
 * the password of its login; `creation_statements` of their own run as that login. So the rules name the parameters
 * that may be written.
 *
 * @param options.everyParameter All parameters. Who holds these rules can do what the database's owner can. @default false
 * @throws when the path is not a valid mount path
 */
export function operatorRules(
  mountPath: string,
  options: { readonly everyParameter?: boolean } = {},
): VaultPolicyRule[] {
  checkGiven(
    typeof options === "object" && options !== null,
    "the options of operatorRules()",
    options,
    "leave them out, or give { everyParameter: true }",
  );
  const problem = mountPathProblem(mountPath);
  if (problem)
    throw new Error(
      `mount path ${typeof mountPath === "string" ? JSON.stringify(mountPath) : described(mountPath)} ${problem}`,
    );
  const manage: Capability[] = ["create", "read", "update", "delete", "list"];
  const only = (names: readonly string[]): Pick<VaultPolicyRule, "allowedParameters"> =>
    options.everyParameter ? {} : { allowedParameters: Object.fromEntries(names.map((name) => [name, []])) };
  const exact = (path: string, capabilities: Capability[]): VaultPolicyRule => ({
    path: VaultPath.exact(path),
    capabilities,
  });
  const below = (path: string, capabilities: Capability[]): VaultPolicyRule => ({
    path: VaultPath.startingWith(path),
    capabilities,
  });
  return [
    { ...below(`${mountPath}/config/`, manage), ...only(TUNABLE_CONNECTION), description: "the connection" },
    exact(`${mountPath}/config`, ["list"]),
    { ...below(`${mountPath}/roles/`, manage), ...only(TUNABLE_ROLE), description: "database roles" },
    exact(`${mountPath}/roles`, ["list"]),
    {
      ...below(`${mountPath}/creds/`, ["deny"]),
      description: "operators run the engine, they do not log in through it",
    },
    below(`${mountPath}/static-creds/`, ["deny"]),
  ];
}
