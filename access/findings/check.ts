import { formatSeconds } from "../model/duration";
import { connectionFindings } from "./connections";
import { Finding } from "./finding";
import { granteeFindings } from "./grantees";
import { at } from "./place";
import { OwnerRole, roleFindings } from "./roles";
import { groupBy } from "../model/lists-by";
import { AccessGraph } from "../model/graph";
import { TOO_SHORT_FIX, tooShortProblem } from "../model/lifetime";
import { identityId } from "../model/names";

/** What the checks need to know beside the graph. */
export interface CheckOptions {
  /** Whether what is fit for a sandbox only is refused. */
  readonly production: boolean;
  /** Owners of databases that the program makes, whether it grants on them or not. @default - none */
  readonly owners?: readonly OwnerRole[];
}

/** Every finding about a whole graph: what no single statement can tell. Pure. */
export function checkGraph(graph: AccessGraph, options: CheckOptions): Finding[] {
  return [
    ...identities(graph),
    ...databases(graph, options),
    ...roleFindings(graph, options.owners ?? []),
    ...edges(graph),
    ...deliveries(graph),
    ...connectionFindings(graph, options.production),
    ...granteeFindings(graph),
  ];
}

function identities(graph: AccessGraph): Finding[] {
  return [...tokens(graph), ...twins(graph)];
}

function tokens(graph: AccessGraph): Finding[] {
  // Looked up, not searched: cdktf asks every stack twice, and a thousand identities have a thousand edges.
  const edges = new Map(groupBy(graph.edges, (edge) => edge.identity).map((own) => [own[0].identity, own]));
  return graph.identities.flatMap((identity) => {
    if (identity.external) return [];
    const findings: Finding[] = [];
    const { tokenTtl, tokenMaxTtl } = identity;
    if (tokenTtl > tokenMaxTtl) {
      findings.push(
        at([identity], {
          code: "lease-ttl",
          message: `tokenTtl ${formatSeconds(tokenTtl)} is longer than tokenMaxTtl ${formatSeconds(tokenMaxTtl)}`,
          fix: "choose tokenTtl <= tokenMaxTtl",
        }),
      );
    }
    const short = tooShortProblem(Math.min(tokenTtl, tokenMaxTtl));
    if (short !== undefined)
      findings.push(
        at([identity], {
          code: "lease-ttl",
          message: `tokenTtl ${formatSeconds(Math.min(tokenTtl, tokenMaxTtl))} of ${identityId(identity.key)} ${short}`,
          fix: `${TOO_SHORT_FIX}; it is no longer than \`tokenMaxTtl\` and \`exposure\``,
        }),
      );
    const { exposure } = identity;
    const own = edges.get(identityId(identity.key)) ?? [];
    if (exposure !== undefined) {
      const maxima = [
        ["tokenMaxTtl", tokenMaxTtl, [identity]],
        ...own.map((edge) => [`lease maxTtl on ${edge.mountPath}`, edge.leaseMaxTtl, [identity, edge]] as const),
      ] as const;
      for (const [name, seconds, places] of maxima.filter(([, seconds]) => seconds > exposure))
        findings.push(
          at(places, {
            code: "lease-ttl",
            message: `${name} ${formatSeconds(seconds)} is longer than the exposure ${formatSeconds(exposure)} of ${identityId(identity.key)}: a stolen login would live longer`,
            fix: "leave the longer time out, so that it follows from `exposure`, or give `exposure` more",
          }),
        );
    }
    for (const edge of own) {
      if (tokenMaxTtl <= edge.leaseMaxTtl) continue;
      findings.push(
        at([identity, edge], {
          code: "lease-ttl",
          message: `tokenMaxTtl ${formatSeconds(tokenMaxTtl)} is longer than the lease maxTtl ${formatSeconds(edge.leaseMaxTtl)} on ${edge.mountPath}: the agent would miss the end of that lease`,
          fix: "leave tokenMaxTtl out, or make it no longer than every lease's maxTtl",
        }),
      );
    }
    return findings;
  });
}

/** What is granted to one that is named as another program's reaches no auth role of this program. */
function twins(graph: AccessGraph): Finding[] {
  return groupBy(graph.identities, (identity) => identityId(identity.key))
    .filter((twins) => twins.length > 1 && twins.some((twin) => !twin.external))
    .map((twins) =>
      at(twins, {
        code: "identity-duplicate",
        message: `${identityId(twins[0].key)} has ${twins.length} identities: ${twins.map((twin) => twin.path).join(", ")}`,
        fix: "make one WorkloadIdentity per ServiceAccount and cluster, and pass it around",
      }),
    );
}

function databases(graph: AccessGraph, options: CheckOptions): Finding[] {
  const findings: Finding[] = [];
  const own = graph.databases.filter((database) => !database.external);
  for (const twins of groupBy(own, (database) => `${database.instance}\n${database.database}`)) {
    if (twins.length < 2) continue;
    findings.push(
      at(twins, {
        code: "database-duplicate",
        message: `database ${twins[0].database} on ${twins[0].instance} has ${twins.length} DatabaseAccess constructs: ${twins.map((twin) => twin.path).join(", ")}`,
        fix: "make one DatabaseAccess per database: both would install the same schema `lease`",
      }),
    );
  }
  for (const [index, a] of own.entries()) {
    for (const b of own.slice(index + 1)) {
      if (!overlap(a.mountPath, b.mountPath)) continue;
      findings.push(
        at([a, b], {
          code: "mount-overlap",
          message: `mounts ${a.mountPath} and ${b.mountPath} overlap, which Vault refuses`,
          fix: "give one of them another `mountPath`",
        }),
      );
    }
  }
  if (options.production) {
    for (const database of graph.databases.filter(({ sslMode }) => !sslMode.startsWith("verify-"))) {
      findings.push(
        at([database], {
          code: "sslmode-production",
          message: `connections to ${database.database} use sslmode ${database.sslMode}, which does not verify the server`,
          fix: 'give the instance `sslMode: "verify-full"` and its `ca`, or choose the sandbox environment',
        }),
      );
    }
  }
  return findings;
}

/** With 10 s, measured, no query failed through three rotations; less was not tried, and pools need time to reload. */
const SHORTEST_TTL = 10;

function overlap(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}

function edges(graph: AccessGraph): Finding[] {
  const own = graph.databases.filter((database) => !database.external);
  const caps = new Map(own.map((database) => [database.mountPath, database.leaseCap]));
  return graph.edges.flatMap((edge) => {
    const findings: Finding[] = [];
    const cap = caps.get(edge.mountPath) as number;
    if (edge.leaseTtl > edge.leaseMaxTtl) {
      findings.push(
        at([edge], {
          code: "lease-ttl",
          message: `lease ttl ${formatSeconds(edge.leaseTtl)} of ${edge.identity} is longer than its maxTtl ${formatSeconds(edge.leaseMaxTtl)}`,
          fix: "choose ttl <= maxTtl",
        }),
      );
    }
    if (edge.leaseMaxTtl > cap) {
      findings.push(
        at([edge], {
          code: "lease-ttl",
          message: `lease maxTtl ${formatSeconds(edge.leaseMaxTtl)} of ${edge.identity} is longer than the cap ${formatSeconds(cap)} of ${edge.mountPath}`,
          fix: "ask for less, or raise `lease.cap` of the DatabaseAccess",
        }),
      );
    }
    const short = tooShortProblem(edge.leaseTtl);
    if (short !== undefined)
      findings.push(
        at([edge], {
          code: "lease-ttl",
          message: `lease ttl ${formatSeconds(edge.leaseTtl)} of ${edge.identity} ${short}`,
          fix: TOO_SHORT_FIX,
        }),
      );
    else if (edge.leaseTtl < SHORTEST_TTL && edge.actsAs === undefined) {
      findings.push(
        at([edge], {
          code: "lease-ttl",
          severity: "warning",
          message: `lease ttl ${formatSeconds(edge.leaseTtl)} of ${edge.identity} is shorter than ${formatSeconds(SHORTEST_TTL)}`,
          fix: "ask for more: near the end of its token the agent needs some seconds to fetch the next login, and pools to reload",
        }),
      );
    }
    const reaches =
      edge.actsAs !== undefined ||
      edge.grants.some(({ object }) => object.kind !== "database" && object.kind !== "schema");
    if (!reaches) {
      findings.push(
        at([edge], {
          code: "grant-empty",
          severity: "warning",
          message: `${edge.identity} may log in to ${edge.mountPath} and touch nothing in it`,
          fix: "grant it something, or leave access() out",
        }),
      );
    }
    return findings;
  });
}

function deliveries(graph: AccessGraph): Finding[] {
  const findings: Finding[] = [];
  const granted = new Set(graph.edges.map((edge) => `${edge.identity}\n${edge.mountPath}`));
  const external = new Set(
    graph.databases.filter((database) => database.external).map((database) => database.mountPath),
  );
  for (const delivery of graph.deliveries) {
    if (external.has(delivery.mountPath) || granted.has(`${delivery.identity}\n${delivery.mountPath}`)) continue;
    findings.push(
      at([delivery], {
        code: "credential-not-granted",
        message: `${delivery.workload} asks for a credential of ${delivery.mountPath}, on which ${delivery.identity} was granted nothing`,
        fix: "grant what it needs (….grants.read(identity)), or do not deliver the credential",
      }),
    );
  }
  for (const twins of groupBy(graph.deliveries, (delivery) => `${delivery.workload}\n${delivery.file}`)) {
    if (twins.length < 2) continue;
    findings.push(
      at(twins, {
        code: "credential-file",
        message: `${twins[0].workload} gets two credentials in the file ${JSON.stringify(twins[0].file)}`,
        fix: 'name one of them: Credential.uri(database, { file: "…" })',
      }),
    );
  }
  const delivered = new Set(graph.deliveries.map((delivery) => `${delivery.identity}\n${delivery.mountPath}`));
  const elsewhere = new Set(
    graph.identities.filter((identity) => identity.external).map((identity) => identityId(identity.key)),
  );
  for (const edge of graph.edges) {
    if (delivered.has(`${edge.identity}\n${edge.mountPath}`) || elsewhere.has(edge.identity)) continue;
    findings.push(
      at([edge], {
        code: "credential-not-delivered",
        severity: "warning",
        message: `${edge.identity} is granted access on ${edge.mountPath}, and no workload of this program gets the credential`,
        fix: "add it to the workload's `credentials`, or name the identity by WorkloadIdentity.fromServiceAccount if the workload is elsewhere",
      }),
    );
  }
  return findings;
}
