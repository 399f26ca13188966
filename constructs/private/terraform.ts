import { TerraformElement, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { STRING_TOKEN } from "../../access/model/cdktf-tokens";
import { sha256 } from "../../access/model/digest";
import { byCodeUnit } from "../../access/model/graph";
import { escaped } from "../../access/terraform/expression";
import { hclString } from "./hcl";
import { mark } from "./guards";
import { madeIn } from "./options";

/**
 * The string as Terraform's JSON syntax must hold it to mean itself: `${` and `%{` start an interpolation there, and
 * cdktf passes plain strings through. Tokens inside the string stay tokens.
 */
export function literal(value: string): string {
  // A token that is not a string, which a program can give by `any`. Where it is a name it is refused; elsewhere cdktf
  // resolves it.
  if (typeof value !== "string") return value;
  return value
    .split(STRING_TOKEN)
    .map((part, index) => (index % 2 === 1 ? part : escaped(part)))
    .join("");
}

/**
 * `jsonencode` of a flat object whose values are HCL expressions, as a Terraform JSON string.
 *
 * Not cdktf's `Fn.jsonencode`: that leaves quotes in strings as they are and gives invalid HCL.
 */
export function jsonencode(entries: Readonly<Record<string, string>>): string {
  return `\${jsonencode({${Object.entries(entries)
    .map(([key, expression]) => `${hclString(key)} = ${expression}`)
    .join(", ")}})}`;
}

/**
 * An `ephemeral` block, which cdktf 0.21 has no class for (hashicorp/terraform-cdk#3886): its value is in no state and
 * in no plan. JSON synthesis only: HCL output drops it.
 */
export class EphemeralResource extends TerraformElement {
  constructor(
    scope: Construct,
    id: string,
    /** The ephemeral type, as its provider calls it. */
    readonly type: string,
    /** Arguments as they are written, references included. */
    readonly attributes: Readonly<Record<string, unknown>>,
    private readonly dependables: TerraformResource[] = [],
  ) {
    super(madeIn(scope, id, new.target), id, `ephemeral.${type}`);
    mark(this, "EphemeralResource");
  }

  /** The address of an attribute, to stand inside an expression. */
  expression(attribute: string): string {
    return `ephemeral.${this.type}.${this.friendlyUniqueId}.${attribute}`;
  }

  /** Reference to an attribute, for write-only arguments and provider blocks: Terraform allows it nowhere else. */
  reference(attribute: string): string {
    return `\${${this.expression(attribute)}}`;
  }

  override toTerraform(): unknown {
    const dependsOn =
      this.dependables.length === 0 ? {} : { depends_on: this.dependables.map(address).sort(byCodeUnit) };
    return { ephemeral: { [this.type]: { [this.friendlyUniqueId]: { ...this.attributes, ...dependsOn } } } };
  }
}

/** The plain address of a resource; `fqn` renders `${…}`, which Terraform refuses in `depends_on`. */
export function address(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}

/**
 * What was added to the `depends_on` of a resource. It is kept on the resource, since another copy of this package may
 * add to it, too.
 */
const ADDER = Symbol.for("leasehold.adder");
type Added = TerraformResource & { [ADDER]?: (addresses: readonly string[]) => void };

/**
 * Appends to a resource's `depends_on`, without doubles and in a fixed order. Nothing else works once the resource is
 * made: cdktf ignores `node.addDependency()` (hashicorp/terraform-cdk#785).
 */
export function dependOn(resource: TerraformResource, ...dependables: readonly TerraformResource[]): void {
  const added = resource as Added;
  if (!added[ADDER]) Object.defineProperty(added, ADDER, { value: adderOf(resource) });
  added[ADDER]?.(dependables.map(address));
}

/**
 * Has `dependsOn` sorted when it is read: a lease function depends on every group of a program, and these come one by
 * one. Setting it replaces it, as usual.
 */
function adderOf(resource: TerraformResource): (addresses: readonly string[]) => void {
  let sorted = resource.dependsOn;
  let added: string[] | undefined;
  Object.defineProperty(resource, "dependsOn", {
    configurable: true,
    enumerable: true,
    get: () => {
      if (added) sorted = [...new Set([...(sorted ?? []), ...added])].sort(byCodeUnit);
      added = undefined;
      return sorted;
    },
    set: (given: string[] | undefined) => {
      sorted = given;
      added = undefined;
    },
  });
  return (addresses) => (added ??= []).push(...addresses);
}

/** A construct id that is legible and free of `/`, and differs for different strings. */
export function idOf(...parts: readonly string[]): string {
  const plain = parts.join(" ");
  if (parts.every((part) => /^[A-Za-z0-9_.()*-]+$/.test(part))) return plain;
  return `${plain.replace(/[^A-Za-z0-9_. ()*-]/g, "-")} ${sha256(JSON.stringify(parts)).slice(0, 8)}`;
}
