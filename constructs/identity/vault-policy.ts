import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Construct, IConstruct } from "constructs";
import { mountPathProblem } from "../access/rules";
import { ensureAccessCheck } from "../check";
import { hclString, hclStrings } from "../private/hcl";
import { report } from "../private/report";
import { literal } from "../private/terraform";

/** What a rule allows (Vault documentation, Policies). `sudo` and `root` are not on offer: write the raw L1 for them. */
export type Capability = "create" | "read" | "update" | "patch" | "delete" | "list" | "deny";

const CAPABILITIES: readonly Capability[] = ["create", "read", "update", "patch", "delete", "list", "deny"];

/** The path of a rule: exact unless asked otherwise, so that a `*` in a name never widens a policy. */
export class VaultPath {
  /** Exactly this path. `*` and `+` in it are refused at synthesis. */
  static exact(path: string): VaultPath {
    return new VaultPath(path, false);
  }
  /** Every path that starts with this prefix: a `*` is appended. `*` and `+` in the prefix are refused at synthesis. */
  static startingWith(prefix: string): VaultPath {
    return new VaultPath(prefix, true);
  }
  private constructor(
    readonly path: string,
    readonly prefix: boolean,
  ) {}
  /** As the policy holds it. */
  toString(): string {
    return this.prefix ? `${this.path}*` : this.path;
  }
}

/** One rule of a policy. */
export interface VaultPolicyRule {
  readonly path: VaultPath;
  /** At least one; a `deny` stands alone. */
  readonly capabilities: readonly Capability[];
  /** Shown in the policy as a comment. @default - no comment */
  readonly description?: string;
  /** Parameters a request may carry, each with the values allowed (none: any). @default - any parameter */
  readonly allowedParameters?: Readonly<Record<string, readonly string[]>>;
  /** Parameters a request may not carry, each with the values denied (none: all). @default - none */
  readonly deniedParameters?: Readonly<Record<string, readonly string[]>>;
  /** Parameters a request must carry. @default - none */
  readonly requiredParameters?: readonly string[];
}

/** A policy of Vault, by name. */
export interface IVaultPolicy extends IConstruct {
  readonly policyName: string;
}

export interface VaultPolicyProps {
  /** Name in Vault, lower case. @default - the construct's id */
  readonly policyName?: string;
  /** The rules, in the order in which they are to be read. */
  readonly rules: readonly VaultPolicyRule[];
}

/**
 * A policy of typed rules, rendered to HCL that parses back to the same.
 *
 * Refused at synthesis: a name with upper case (Vault folds it, and two policies become one), a glob in a path that
 * did not ask for one, an empty or self-contradicting list of capabilities.
 */
export class VaultPolicy extends Construct implements IVaultPolicy {
  /** A policy that exists already. */
  static fromPolicyName(scope: Construct, id: string, policyName: string): IVaultPolicy {
    class Imported extends Construct implements IVaultPolicy {
      readonly policyName = policyName;
    }
    return new Imported(scope, id);
  }

  readonly policyName: string;
  /** The L1. */
  readonly resource: Policy;

  constructor(scope: Construct, id: string, props: VaultPolicyProps) {
    super(scope, id);
    ensureAccessCheck(this);
    this.policyName = props.policyName ?? id;
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(this.policyName) || this.policyName === "root") {
      report(this, {
        code: "policy-name",
        message: `policy name ${JSON.stringify(this.policyName)} is not made of lower-case letters, digits, '.', '_' and '-'`,
        fix: "choose such a name: Vault folds upper case, so that two names would be one policy",
      });
    }
    for (const rule of props.rules) this.check(rule);
    this.resource = new Policy(this, "Resource", {
      name: literal(this.policyName),
      policy: literal(renderPolicy(props.rules)),
    });
  }

  private check(rule: VaultPolicyRule): void {
    const { path, prefix } = rule.path;
    const bare = prefix ? path.replace(/\/$/, "") : path;
    if (bare === "" || bare.startsWith("/") || /[*+\p{Cc}"\\]|\/\/|(^|\/)\.\.?(\/|$)/u.test(bare)) {
      report(this, {
        code: "policy-rule",
        message: `policy path ${JSON.stringify(path)} is empty, starts with '/', or holds a glob, quote, control character or empty part`,
        fix: "name the path exactly; for all below a prefix write VaultPath.startingWith(prefix)",
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
        message: `capabilities [${rule.capabilities.join(", ")}] on ${rule.path} are none, unknown, or 'deny' beside others`,
        fix: `choose among ${CAPABILITIES.join(", ")}`,
      });
    }
  }
}

/** The rules as HCL. Pure: the tests parse it back. */
export function renderPolicy(rules: readonly VaultPolicyRule[]): string {
  return rules.map(renderRule).join("\n");
}

function renderRule(rule: VaultPolicyRule): string {
  const comment =
    rule.description === undefined ? [] : rule.description.split(/[\r\n\u2028\u2029]+/).map((line) => `# ${line}`);
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

/** Policies of a database's mount for people who run it; none of them reads a credential. */
export function operatorRules(mountPath: string): VaultPolicyRule[] {
  if (mountPathProblem(mountPath))
    throw new Error(`mount path ${JSON.stringify(mountPath)} ${mountPathProblem(mountPath)}`);
  const manage: Capability[] = ["create", "read", "update", "delete", "list"];
  return [
    { path: VaultPath.startingWith(`${mountPath}/config/`), capabilities: manage, description: "connections" },
    { path: VaultPath.exact(`${mountPath}/config`), capabilities: ["list"] },
    { path: VaultPath.startingWith(`${mountPath}/roles/`), capabilities: manage, description: "database roles" },
    { path: VaultPath.exact(`${mountPath}/roles`), capabilities: ["list"] },
    {
      path: VaultPath.startingWith(`${mountPath}/creds/`),
      capabilities: ["deny"],
      description: "operators run the engine, they do not log in through it",
    },
    { path: VaultPath.startingWith(`${mountPath}/static-creds/`), capabilities: ["deny"] },
  ];
}
