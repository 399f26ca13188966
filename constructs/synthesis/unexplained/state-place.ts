import { join } from "node:path";

/** Where the state is when nobody says it: beside the program, as cdktf and `StateBackend.local` write it, wherever that stands. */
export function isUsual({ path, ...others }: Readonly<Record<string, unknown>>, stack: string): boolean {
  const file = `terraform.${stack}.tfstate`;
  return Object.keys(others).length === 0 && [join(process.cwd(), file), `../../../${file}`].includes(String(path));
}

/** A place of the state without the stack's own name at its end: for a stack of another name it is the same place. */
export function withoutOwnName(said: unknown, stack: string): unknown {
  if (typeof said === "string") {
    const end = [`${stack}.tfstate`, `/${stack}`, `-${stack}`].find((one) => said.endsWith(one));
    return end === undefined ? said : [said.slice(0, -end.length)];
  }
  if (typeof said !== "object" || said === null) return said;
  if (Array.isArray(said)) return said.map((entry) => withoutOwnName(entry, stack));
  return Object.fromEntries(Object.entries(said).map(([key, value]) => [key, withoutOwnName(value, stack)]));
}
