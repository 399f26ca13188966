import { TerraformResource } from "cdktf";
import { AccessObject } from "../../access/model/graph";
import { dependOn } from "../private/terraform";

/** @internal A resource that changes privileges, and what on. */
export interface OrderedGrant {
  readonly resource: TerraformResource;
  readonly object: AccessObject;
  /** Whether it is about objects to come: default privileges. */
  readonly future?: boolean;
}

/**
 * Privileges on columns stand beside those of their table, and a statement on a table takes both. Procedures are granted as functions.
 */
const familyOf = ({ kind, schema }: AccessObject): string =>
  JSON.stringify([kind === "column" ? "table" : kind, schema ?? null]);

const isWhole = ({ kind, schema, name }: AccessObject): boolean =>
  kind !== "schema" && schema !== undefined && name === undefined;

/**
 * @internal Has grants wait for each other where they change the same rows of PostgreSQL's catalog: of two at once, the
 * second would fail with `tuple concurrently updated` (cyrilgdn/terraform-provider-postgresql#178). They come in a
 * fixed order. Grants on different objects do not wait for each other, so Terraform reads and makes ten at once.
 *
 * The provider makes the admin a member of each owner of what it grants on, for the length of its transaction. The second
 * that needs the same owner waits for the first. With several owners, two grants could wait for each other for ever. So
 * they go one after the other where the owners are not known.
 *
 * @param oneOwner whether all that is granted on has the same owner
 */
export function orderGrants(grants: readonly OrderedGrant[], oneOwner: boolean): void {
  const whole = new Set(grants.filter(({ object }) => isWhole(object)).map(({ object }) => familyOf(object)));
  const rowsOf = ({ object, future }: OrderedGrant): string => {
    if (!oneOwner) return "all";
    const family = familyOf(object);
    if (future) return `future ${family}`;
    // A function may be named with its arguments or without.
    const name = object.kind === "function" ? object.name?.split("(")[0] : object.name;
    return whole.has(family) ? family : `${family} ${name}`;
  };
  const last = new Map<string, TerraformResource>();
  for (const grant of grants) {
    const rows = rowsOf(grant);
    const before = last.get(rows);
    if (before !== undefined) dependOn(grant.resource, before);
    last.set(rows, grant.resource);
  }
}
