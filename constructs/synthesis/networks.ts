import { IConstruct } from "constructs";
import { Finding } from "../../access/findings/finding";
import type { AccessGraph, WorkloadNode } from "../../access/model/graph";
import type { IdentityKey } from "../../access/model/names";
import type { IPostgresInstance } from "../contracts/postgres";
import { isMarked } from "../private/guards";
import { lineIn } from "../private/lines";
import { notedPods } from "../private/noted-pods";
import { stackOf } from "../private/stack-order";

/** A PostgreSQL server of the program. */
interface Server extends IPostgresInstance {
  readonly identity: { readonly key: IdentityKey };
  readonly _letsIn?: readonly string[];
}

/** A Vault of the program. */
interface Vault extends IConstruct {
  readonly _namespace: string;
  readonly _serves: boolean;
  readonly _letsIn?: readonly string[];
}

/**
 * A warning for each namespace whose pods have to connect to a server that does not let them in: they would wait until they give up,
 * and no log would name the NetworkPolicy. Another policy of the program's own may let them in, which is not read: so it is no error.
 */
export function networkFindings(all: readonly IConstruct[], graph: AccessGraph): Finding[] {
  const vaults = all.filter((child) => isMarked(child, "VaultServer")) as Vault[];
  return [
    ...all
      .filter((child) => isMarked(child, "PostgresInstance"))
      .flatMap((child) => ofServer(child as Server, all, vaults, graph)),
    // Which cluster Vault is in is not said: with one cluster, it is that one.
    ...(new Set(graph.identities.map(({ key }) => key.cluster)).size > 1
      ? []
      : vaults.flatMap((vault) => ofVault(vault, all))),
  ];
}

function ofServer(server: Server, all: readonly IConstruct[], vaults: readonly Vault[], graph: AccessGraph): Finding[] {
  const { _letsIn: letsIn, instanceName, endpoint, identity } = server;
  if (letsIn === undefined) return [];
  const mounts = new Set(
    graph.databases.filter(({ instance }) => instance === instanceName).map(({ mountPath }) => mountPath),
  );
  // Behind a pooler pods connect to that, wherever it is.
  const direct = endpoint.fromMigrations === undefined;
  const workloads = workloadsOf(all, ({ identity: who }, served) => {
    return direct && who.startsWith(`${identity.key.cluster}/`) && served.some((mount) => mounts.has(mount));
  });
  const shut = firstOfEach(workloads, letsIn).map((node) =>
    finding(server, letsIn, {
      what: `pods of the namespace ${JSON.stringify(node.namespace)} get logins to the server ${instanceName}`,
      namespace: node.namespace,
      option: "`allowFromNamespaces` of the PostgresInstance",
      node,
    }),
  );
  const inside = endpoint.fromVault === undefined || endpoint.fromVault.host.endsWith(".svc");
  const away = vaults.filter(
    ({ _serves, _namespace }) => _serves && mounts.size > 0 && inside && !letsIn.includes(_namespace),
  );
  return [
    ...shut,
    ...away.map(({ _namespace: namespace }) =>
      finding(server, letsIn, {
        what: `Vault, in the namespace ${JSON.stringify(namespace)}, makes logins on the server ${instanceName}`,
        namespace,
        option: "`allowFromNamespaces` of the PostgresInstance",
      }),
    ),
  ];
}

function ofVault(vault: Vault, all: readonly IConstruct[]): Finding[] {
  const { _letsIn: letsIn } = vault;
  if (letsIn === undefined) return [];
  return firstOfEach(workloadsOf(all), letsIn).map((node) =>
    finding(vault, letsIn, {
      what: `agents in the namespace ${JSON.stringify(node.namespace)} log in to Vault`,
      namespace: node.namespace,
      option: "`allowFromNamespaces` of VaultMode.ha",
      node,
    }),
  );
}

/** Workloads of the program, with the mounts from which their logins come. */
function workloadsOf(
  all: readonly IConstruct[],
  chosen: (node: WorkloadNode, mounts: readonly string[]) => boolean = () => true,
): WorkloadNode[] {
  return all.flatMap((child) => {
    const pods = notedPods(child);
    const node = pods?.workload();
    return node && chosen(node, pods?.deliveries.map(({ mountPath }) => mountPath) ?? []) ? [node] : [];
  });
}

/** One workload of each namespace that is not let in. */
function firstOfEach(workloads: readonly WorkloadNode[], letsIn: readonly string[]): WorkloadNode[] {
  const shut = workloads.filter(({ namespace }) => !letsIn.includes(namespace)).reverse();
  return [...new Map(shut.map((node) => [node.namespace, node])).values()].reverse();
}

interface Shut {
  readonly what: string;
  readonly namespace: string;
  readonly option: string;
  readonly node?: WorkloadNode;
}

function finding(server: IConstruct, letsIn: readonly string[], { what, namespace, option, node }: Shut): Finding {
  const stack = stackOf(server);
  const lines = [node?.source, stack && lineIn(stack, server)];
  return {
    code: "network",
    severity: "warning",
    message: `${what}, and its NetworkPolicy lets in ${letsIn.length === 0 ? "nobody" : `${[...letsIn].sort().join(", ")} alone`}`,
    fix: `name ${JSON.stringify(namespace)} in ${option}; or acknowledge this where another NetworkPolicy lets it in`,
    path: node?.path ?? server.node.path,
    sources: lines.filter((line): line is string => line !== undefined),
  };
}
