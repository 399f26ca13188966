import { IConstruct } from "constructs";
import { Finding } from "../../access/findings/finding";
import { noteChange } from "./changes";
import { userLine } from "./source-line";

const KEY = "leasehold:server";

/** Where one server is found, each address as `host:port`. */
interface FoundAt {
  readonly server: string;
  readonly byPods: string;
  readonly byTerraform: string;
}

interface Noted extends FoundAt {
  readonly line?: string;
}

/** Notes where a server is found. Whether another one is found there too is known when the program is whole. */
export function noteServer(instance: IConstruct, foundAt: FoundAt): void {
  const noted: Noted = { ...foundAt, line: userLine() };
  instance.node.addMetadata(KEY, noted);
  noteChange(instance);
}

/**
 * A warning for each server that pods find at another address than an earlier one, and Terraform at the same: Terraform would make
 * the databases of both on one of them.
 */
export function sharedAddresses(constructs: readonly IConstruct[]): Finding[] {
  const earlier = new Map<string, Noted[]>();
  return constructs.flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === KEY)
      .flatMap(({ data }) => {
        const one = data as Noted;
        const same = earlier.get(one.byTerraform) ?? [];
        earlier.set(one.byTerraform, [...same, one]);
        return same
          .filter((other) => other.byPods !== one.byPods)
          .map((other): Finding => ({
            code: "instance",
            severity: "warning",
            message: `Terraform finds two servers at ${one.byTerraform}: ${other.server} and ${one.server}. What is made for one would be looked for on the other`,
            fix: "give each its own `fromTerraform`, such as another port of the port-forward",
            path: node.path,
            sources: [other.line, one.line].filter((line): line is string => line !== undefined),
          }));
      }),
  );
}
