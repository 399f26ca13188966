import { AccessGraph, databaseId, DatabaseNode } from "../model/graph";

/** A database whose mount in Vault may now issue logins that live for another time. */
export interface MovedCap {
  /** `mount database/main/shop`; `Vault` where the mount has another path than before. */
  readonly who: string;
  /** The nodes of the longest time, at least one. */
  readonly before: readonly DatabaseNode[];
  readonly after: readonly DatabaseNode[];
}

/**
 * Mounts whose maximum moved. No workload needs to have more by it: that is told of each by its own lease. But Vault holds every role of
 * the mount to this time, roles that somebody makes by hand among them. A mount of another program says nothing about its own.
 */
export function movedCaps(before: AccessGraph, after: AccessGraph): MovedCap[] {
  const [was, is] = [before, after].map(({ databases }) => databases.filter(({ external }) => !external));
  const paths = new Set(is.map(mountOf));
  const stayed = new Set(was.map(mountOf).filter((path) => paths.has(path)));
  const whoOf = (node: DatabaseNode): string => (stayed.has(mountOf(node)) ? `mount ${mountOf(node)}` : "Vault");
  const keyOf = (node: DatabaseNode): string => JSON.stringify([databaseId(node), whoOf(node)]);
  const longest = (nodes: readonly DatabaseNode[], key: string): DatabaseNode[] => {
    const some = nodes.filter((node) => keyOf(node) === key);
    const most = Math.max(...some.map(({ leaseCap }) => leaseCap));
    return some.filter(({ leaseCap }) => leaseCap === most);
  };
  return [...new Set(is.map(keyOf))].flatMap((key) => {
    const [old, now] = [longest(was, key), longest(is, key)];
    if (old.length === 0 || old[0].leaseCap === now[0].leaseCap) return [];
    return [{ who: whoOf(now[0]), before: old, after: now }];
  });
}

function mountOf({ vaultNamespace, mountPath }: DatabaseNode): string {
  return vaultNamespace === undefined ? mountPath : `${mountPath} in namespace ${vaultNamespace}`;
}

/** Whether a change is about what a mount may issue, and not about what somebody holds. */
export function isCapChange({ clocks }: { readonly clocks: readonly { readonly clock: string }[] }): boolean {
  return clocks.length > 0 && clocks.every(({ clock }) => clock === "lease cap");
}
