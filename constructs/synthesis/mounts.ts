import { IConstruct } from "constructs";
import { Finding } from "../../access/findings/finding";
import { mountPathProblem } from "../../access/model/rules";
import { isMarked } from "../private/guards";
import { lineIn } from "../private/lines";
import { stackOf } from "../private/stack-order";
import { providersOf } from "./order";

/** A mount of Vault that the program makes. */
interface Mounted {
  readonly path: string;
  readonly construct: IConstruct;
  readonly kind: "passwords" | "database" | "auth method";
}

/** A finding for each two mounts of one Vault of which one lies at, above or below the other: Vault refuses the later one. */
export function mountFindings(all: readonly IConstruct[]): Finding[] {
  // Of a path that is not valid that is said.
  const mounts = all
    .flatMap((construct) => mountOf(construct) ?? [])
    .filter(({ kind, path }) => kind === "auth method" || mountPathProblem(path) === undefined);
  const vaults = new Map(providersOf(all, "vault").map(({ stack, arguments: given }) => [stack, placeOf(given)]));
  const vaultOf = ({ construct }: Mounted): string | undefined => vaults.get(stackOf(construct) as never);
  return mounts.flatMap((one, index) =>
    mounts.slice(index + 1).flatMap((other): Finding[] => {
      if (isSaidElsewhere(one, other) || vaultOf(one) !== vaultOf(other) || !overlap(one.path, other.path)) return [];
      const lines = [one, other].map(({ construct }) => lineIn(stackOf(construct) as never, construct));
      return [
        {
          code: "mount-overlap",
          severity: "error",
          message: `mounts ${one.path} (${one.construct.node.path}) and ${other.path} (${other.construct.node.path}) overlap, which Vault refuses`,
          fix: "give one of them another path; a further program of one Vault takes an IdentitiesStack, which mounts nothing",
          path: other.construct.node.path,
          sources: [...new Set(lines.filter((line): line is string => line !== undefined))],
        },
      ];
    }),
  );
}

function mountOf(construct: IConstruct): Mounted | undefined {
  if (isMarked(construct, "BootstrapKv"))
    return { construct, kind: "passwords", path: (construct as IConstruct & { readonly path: string }).path };
  if (isMarked(construct, "AuthMethod"))
    return {
      construct,
      kind: "auth method",
      path: `auth/${(construct as IConstruct & { readonly authPath: string }).authPath}`,
    };
  // One of another program is not made here.
  if (!isMarked(construct, "DatabaseAccess") || !("mount" in construct)) return undefined;
  const { mountPath } = construct as unknown as { readonly mountPath: string };
  return { construct, kind: "database", path: mountPath };
}

/** Of two databases the graph says it, and of two clusters with one path the claim of its name. */
function isSaidElsewhere(one: Mounted, other: Mounted): boolean {
  return (
    (one.kind === "database" && other.kind === "database") || (one.kind !== "passwords" && one.path === other.path)
  );
}

function placeOf({ address, namespace }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([address, namespace]);
}

function overlap(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}
