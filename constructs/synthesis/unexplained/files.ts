import { existsSync, readdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { GUARD_CHART } from "../../../access/model/injection-guard";
import { contentOf } from "./content";

/** What Terraform reads of the folder in which it is run, beside the file that cdktf writes there. */
const CODE = /\.(tf|tofu)(\.json)?$|^terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/;
/** SHA-256 of a module of this machine; of one that comes from elsewhere the version is for the plan to show. */
export function folderOf(source: unknown, folder: string | undefined): string | undefined {
  if (typeof source !== "string") return undefined;
  const path = source.replace(/^file:\/\//, "");
  return isAbsolute(path) || /^\.\.?\//.test(path)
    ? contentOf(resolve(folder ?? ".", path), { root: folder })
    : undefined;
}

/** SHA-256 of a chart of this machine. */
export function chartOf(release: Readonly<Record<string, unknown>>, folder: string | undefined): string | undefined {
  const { chart } = release;
  // Leasehold writes this one with the stack: before the first synthesis it is not there, and what it installs is in the values.
  return typeof chart === "string" && chart !== GUARD_CHART
    ? contentOf(resolve(folder ?? ".", chart), { root: folder })
    : undefined;
}

/** Files in a stack's folder that Terraform reads as it reads the stack's own, with what they hold. */
export function codeBeside(own: string, folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder).filter((name) => name !== own && CODE.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, contentOf(join(folder, name)) ?? ""]));
}
