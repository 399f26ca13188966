import type { AccessChange, LinkChange } from "../access/diff/diff";
import { joined, named, Words } from "./words";

/** A container, as the link `runs` of a path has it: `before all: wait registry.example.com/wait:1.0 37f7f656a9ad`. */
const CONTAINER = /^(before all: )?(\S+) (.+) (\S+)$/;

interface Ran {
  readonly name: string;
  readonly image: string;
  readonly digest: string;
}

/**
 * Of a workload that runs as before, and runs another version of its programs: which ones, and what of them is another.
 * Nothing where more than that changed.
 */
export function programChange({ verdict, privileges, links }: AccessChange): Words | undefined {
  if (verdict !== "rewired" || privileges.join() !== "RUN AS") return undefined;
  const [runs, ...others] = links;
  if (others.length > 0 || runs?.link !== "runs") return undefined;
  const [before, after] = [containers(runs, "before"), containers(runs, "after")];
  if (before.size !== after.size) return undefined;
  const changed = [...after].map(([key, now]): Words | undefined => {
    const was = before.get(key);
    if (!was) return undefined;
    const settings: Words = ["another command, environment or other setting of ", named(now.name)];
    return joined(
      [
        ...(was.image === now.image ? [] : [[named(was.image), " → ", named(now.image)]]),
        ...(was.digest === now.digest ? [] : [settings]),
      ],
      ", ",
    );
  });
  return changed.includes(undefined) || changed.length === 0 ? undefined : joined(changed as Words[], ", ");
}

function containers(runs: LinkChange, side: "before" | "after"): Map<string, Ran> {
  const found = runs[side].flatMap((text): [string, Ran][] => {
    const [, init = "", name, image, digest] = CONTAINER.exec(text) ?? [];
    return name === undefined ? [] : [[init + name, { name, image, digest }]];
  });
  // What cannot be read is shown as it stands.
  return found.length === runs[side].length ? new Map(found) : new Map();
}
