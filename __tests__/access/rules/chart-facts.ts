import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { installedBy } from "../../../access/rules/chart-pods";
import { letInBy } from "../../../access/rules/chart-services";
import { Chart, serverConfigOf } from "../../../access/rules/charts";
import { asResource, podOf } from "../../../access/rules/pods";
import type { Resource } from "../../../access/rules/resource";
import { blocks, first, Json, JsonObject, object, text } from "../../../access/terraform/json";

/** What rules ask of what the chart installs. */
export interface Facts {
  readonly pods: readonly unknown[];
  readonly services: readonly unknown[];
  readonly routes: readonly unknown[];
  /** Whom the servers' NetworkPolicy lets in. */
  readonly letIn: unknown;
  /** Whether the listener speaks in clear, and the storage. */
  readonly config?: { readonly clear: boolean; readonly raft: boolean };
  /** Who may make tokens of every ServiceAccount. */
  readonly makesTokens: boolean;
}

const CONTEXT = [
  "privileged",
  "allow_privilege_escalation",
  "read_only_root_filesystem",
  "run_as_non_root",
  "run_as_user",
];

/** Of a security context, what a rule asks for. */
function contextOf(value: Json | undefined): object {
  const context = first(value);
  const said = CONTEXT.flatMap((key) => (context[key] === undefined ? [] : [[key, context[key]] as const]));
  const { add, drop } = first(context.capabilities);
  const seccomp = text(first(context.seccomp_profile).type);
  return { ...Object.fromEntries(said), ...(add && { add }), ...(drop && { drop }), ...(seccomp && { seccomp }) };
}

function podFacts(resource: Resource): object[] {
  const pod = podOf(resource);
  if (pod === undefined) return [];
  const { spec, namespace, labels, containers, type } = pod;
  return [
    {
      type,
      namespace,
      labels: Object.fromEntries(Object.entries(labels).filter(([key]) => key !== "helm.sh/chart")),
      hostNetwork: spec.host_network === true,
      sharedProcesses: spec.share_process_namespace === true,
      context: contextOf(spec.security_context),
      hostPaths: blocks(spec.volume).flatMap(({ host_path: path }) => (path ? [first(path).path] : [])),
      containers: containers.map((one) => ({
        name: one.name,
        context: contextOf(one.security_context),
        ports: blocks(one.port).map(({ container_port: port, host_port: host }) => [port, host ?? null]),
      })),
    },
  ];
}

function serviceFacts({ type, body }: Resource): object[] {
  const spec = first(body.spec);
  // One without an address of its own is open to nobody from outside.
  if (type !== "kubernetes_service" || spec.cluster_ip === "None") return [];
  const { name, namespace } = first(body.metadata);
  const selector = first(spec.selector);
  const { "vault-active": _, ...labels } = selector;
  const ports = blocks(spec.port).map(({ port, target_port: target }) => [port, target]);
  return [{ name, namespace, type: spec.type ?? "ClusterIP", labels, ports }];
}

/** Every Service that a route names. */
function backends(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(backends);
  const at = object(value as Json);
  const ref = at.service ?? at.backend_refs;
  if (ref !== undefined)
    return blocks(ref).map(({ name, port }) => [name, typeof port === "object" ? first(port).number : port]);
  return Object.values(at).flatMap(backends);
}

const routeFacts = ({ type, body }: Resource): object[] =>
  /^kubernetes_(ingress|httproute)$/.test(type) ? [{ type, to: backends(body.spec) }] : [];

const isServerPolicy = ({ type, body }: Resource): boolean =>
  type === "kubernetes_network_policy" && !String(first(body.metadata).name).includes("injector");

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

function factsOf(resources: readonly Resource[]): Omit<Facts, "letIn" | "config"> {
  return {
    pods: resources.flatMap(podFacts).sort(byText),
    services: resources
      .filter(({ body }) => !String(first(body.metadata).name).includes("injector"))
      .flatMap(serviceFacts)
      .sort(byText),
    routes: resources.flatMap(routeFacts),
    makesTokens: JSON.stringify(resources).includes("serviceaccounts/token"),
  };
}

const RELEASE = { name: "vault", namespace: "vault", chart: "vault" };

/** What the rules believe of the chart. */
export function believed(values: JsonObject): Facts {
  const chart: Chart = { path: "x", stack: "x", address: "x", type: "helm_release", body: RELEASE, values };
  const { mode, clear, raft } = serverConfigOf(chart);
  const facts = factsOf(installedBy(chart).resources);
  const serves = facts.pods.some((pod) => (pod as { type: string }).type === "kubernetes_stateful_set");
  return {
    ...facts,
    letIn: plain(letInBy(chart)?.ingress) ?? null,
    ...(serves && mode !== "dev" && { config: { clear, raft } }),
  };
}

/** What the real chart makes of these values. */
export function rendered(helm: string, chart: string, values: JsonObject): Facts {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-"));
  try {
    const file = join(folder, "values.json");
    writeFileSync(file, JSON.stringify(values));
    const args = ["template", RELEASE.name, chart, "--namespace", RELEASE.namespace, "--kube-version", "1.34.0"];
    const out = execFileSync(helm, [...args, "--skip-tests", "--values", file], { encoding: "utf8" });
    const objects = parseAllDocuments(out)
      .map((one) => one.toJSON() as JsonObject | null)
      .filter((one) => one !== null);
    const resources = objects.map((one): Resource => {
      const kind = text(one.kind) ?? "";
      const type = `kubernetes_${kind.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()}`;
      return { path: "x", stack: "x", address: kind, type, body: asResource(one) };
    });
    const policy = resources.find(isServerPolicy);
    const config = Object.values(
      first(resources.find(({ body }) => /-config$/.test(String(first(body.metadata).name)))?.body.data),
    ).join("\n");
    return {
      ...factsOf(resources),
      letIn: plain(first(policy?.body.spec).ingress) ?? null,
      ...(config !== "" && {
        config: {
          clear: /tls_disable"?\s*[=:]\s*(1|true)/.test(config),
          raft: /storage"?\s*:?\s*[{\s]*"raft"/.test(config),
        },
      }),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Who, and not by which ports. */
const plain = (ingress: Json | undefined): unknown =>
  ingress === undefined ? undefined : blocks(ingress).map(({ from }) => from ?? null);
