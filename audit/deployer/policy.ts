import { byCodeUnit } from "../../access/model/graph";
import { argument, blocksOf, NotCovered, readStacks, StackBlock, StackDocument } from "./program";
import { Calls, Capability, EACH_RUN, EPHEMERALS, RESOURCES, VaultCall } from "./vault-calls";

/** What somebody who deploys asks of Vault. */
export interface DeployerPolicy {
  /** As Vault reads it: one rule a path, in the order of paths. */
  readonly hcl: string;
  readonly rules: ReadonlyMap<string, readonly Capability[]>;
  /** Blocks of Vault's provider whose needs are not known here, and why. */
  readonly notCovered: readonly NotCovered[];
}

export interface DeployerOptions {
  /** Only these stacks. @default - all */
  readonly stacks?: readonly string[];
  /** What a plan needs, and no more. */
  readonly planOnly: boolean;
}

/** No data source of Vault is known: none is made here. */
const KNOWN: Readonly<Record<StackBlock["kind"], Readonly<Record<string, Calls | undefined>>>> = {
  resource: RESOURCES,
  ephemeral: EPHEMERALS,
  data: {},
};

const ORDER: readonly Capability[] = ["create", "read", "update", "delete", "list", "sudo"];

/** @throws when the folder holds no synthesized program, or has no stack of a name that was asked for */
export function deployerPolicy(outdir: string, { stacks, planOnly }: DeployerOptions): DeployerPolicy {
  const rules = new Map<string, Set<Capability>>();
  const notCovered: NotCovered[] = [];
  const add = ({ path, plan, apply }: VaultCall): void => {
    const capabilities = planOnly ? plan : [...plan, ...apply];
    if (capabilities.length > 0) rules.set(path, new Set([...(rules.get(path) ?? []), ...capabilities]));
  };
  for (const of of readStacks(outdir, stacks)) {
    const blocks = blocksOf(of.document, "vault_");
    if (blocks.length > 0) EACH_RUN.forEach(add);
    for (const block of blocks) {
      const { kind, type, address, body } = block;
      const calls = KNOWN[kind][type];
      try {
        if (!calls) throw new Error(`what ${kind === "data" ? "data of " : ""}${type} needs is not known`);
        calls(
          (name, otherwise) => inPolicy(of, block, name, otherwise),
          (name) => body[name] !== undefined && body[name] !== false && body[name] !== null,
        ).forEach(add);
      } catch (error) {
        notCovered.push({ stack: of.stack, address, because: (error as Error).message });
      }
    }
  }
  const sorted = [...rules]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([path, set]): [string, Capability[]] => [path, ORDER.filter((capability) => set.has(capability))]);
  return { hcl: sorted.map(([path, some]) => rule(path, some)).join("\n"), rules: new Map(sorted), notCovered };
}

/** An argument as part of a path. */
function inPolicy(of: StackDocument, block: StackBlock, name: string, otherwise?: string): string {
  const text = argument(of, block, name, otherwise);
  // In a policy these characters stand for more than one path.
  if (text === "" || /[*+\p{Cc}]|\{\{/u.test(text))
    throw new Error(`its ${name} is ${JSON.stringify(text)}, which a policy cannot name`);
  return text.replace(/^\/+|\/+$/g, "");
}

function rule(path: string, capabilities: readonly Capability[]): string {
  return `path ${JSON.stringify(path)} {\n  capabilities = [${capabilities.map((one) => JSON.stringify(one)).join(", ")}]\n}\n`;
}
