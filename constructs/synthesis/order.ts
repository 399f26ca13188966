import { TerraformProvider, TerraformResource, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { isMarked } from "../private/guards";
import { notedPods } from "../private/noted-pods";
import { stackOf } from "../private/stack-order";
import type { EphemeralResource } from "../private/terraform";
import type { IVault } from "../contracts/vault";

/** What the order asks of a KV mount of bootstrap passwords. */
interface KvMount extends IConstruct {
  readonly path: string;
}

/** What the order asks of a Vault server that the program installs. */
interface InstalledVault extends IConstruct, IVault {
  readonly _namespace: string;
  readonly _injects?: readonly string[];
}

/**
 * Puts stacks into the order that follows from names, where the program does not say it. Stacks that reach a Vault of
 * this program at its address come after it. Those that read a bootstrap password come after its mount. Pods come after
 * their namespace and its injector. What a construct refers to directly it orders by itself (`deployAfter`).
 *
 * An order that the program says wins: nothing is added that would make a circle.
 */
export function deriveOrder(all: readonly IConstruct[]): void {
  const mounts = all.filter((child) => isMarked(child, "BootstrapKv")) as KvMount[];
  for (const child of all) {
    if (!isMarked(child, "EphemeralResource")) continue;
    const { attributes } = child as EphemeralResource;
    for (const mount of mounts) if (mount.path === attributes.mount) after(stackOf(child), mount);
  }

  const servers = all.filter((child) => isMarked(child, "VaultServer")) as InstalledVault[];
  for (const { stack, arguments: given } of providersOf(all, "vault"))
    for (const server of servers) if (server.addressFromTerraform === given.address) after(stack, server);

  const namespaces = all.flatMap((child) => namespaceOf(child) ?? []);
  const clusters = new Map(providersOf(all, "kubernetes").map(({ stack, text }) => [stack, text]));
  const sameCluster = (a: IConstruct, b: IConstruct): boolean => {
    const [one, other] = [a, b].map((child) => clusters.get(stackOf(child) as TerraformStack));
    return one === undefined || other === undefined || one === other;
  };
  for (const { construct, namespace } of all.flatMap((child) => podsOf(child) ?? [])) {
    for (const made of namespaces)
      if (made.name === namespace && sameCluster(construct, made.resource)) after(stackOf(construct), made.resource);
    for (const server of servers)
      if (server._injects?.includes(namespace) && sameCluster(construct, server)) after(stackOf(construct), server);
  }
}

/** Adds the order, unless it would make a circle with the transitive order as it is now. */
function after(user: TerraformStack | undefined, used: IConstruct): void {
  const provider = stackOf(used);
  if (!user || !provider || user === provider || user.dependsOn(provider) || provider.dependsOn(user)) return;
  user.addDependency(provider);
}

/** A provider of a stack, with its arguments as they will be written. */
export interface ProviderOf {
  readonly stack: TerraformStack;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The arguments as one text: equal texts reach the same. */
  readonly text: string;
}

/** The providers of a type, of every stack. */
export function providersOf(all: readonly IConstruct[], type: string): ProviderOf[] {
  return all.flatMap((child) => {
    if (!TerraformProvider.isTerraformProvider(child) || child.terraformResourceType !== type) return [];
    const stack = TerraformStack.of(child);
    const { provider } = child.toTerraform() as { provider: Record<string, Record<string, unknown>[]> };
    const given = provider[type][0];
    return [{ stack, arguments: given, text: JSON.stringify(given) }];
  });
}

function namespaceOf(child: IConstruct): { readonly name: string; readonly resource: IConstruct } | undefined {
  if (!TerraformResource.isTerraformResource(child)) return undefined;
  if (!["kubernetes_namespace_v1", "kubernetes_namespace"].includes(child.terraformResourceType)) return undefined;
  const { metadataInput } = child as TerraformResource & { readonly metadataInput?: { readonly name?: string } };
  return typeof metadataInput?.name === "string" ? { name: metadataInput.name, resource: child } : undefined;
}

function podsOf(child: IConstruct): { readonly construct: IConstruct; readonly namespace: string } | undefined {
  if (isMarked(child, "VaultServer")) return { construct: child, namespace: (child as InstalledVault)._namespace };
  const pods = notedPods(child);
  return pods && { construct: child, namespace: pods.workload().namespace };
}
