import { blocks, first, isComputed, Json, JsonObject, object, text } from "../terraform/json";
import type { Chart } from "./charts";
import { fullNameOf } from "./chart-services";
import type { Program } from "./program";
import type { Resource } from "./resource";

/** Ports by which what stands behind a Service is known. */
const PORTS: Readonly<Record<string, string>> = {
  "5432": "PostgreSQL",
  "6432": "a pooler of PostgreSQL",
  "8200": "Vault",
  "8201": "Vault's cluster port",
};
const PORT_NAMES = /^(postgres|postgresql|pg)$/;

/** Names that charts give to the Services of Vault. */
const OF_VAULT = /^(vault|openbao)(-(active|standby|internal|ui))?$/;

/** What a Service leads to, of databases and Vault: by its ports, and by those of the pods that it selects. */
export function leadsTo(service: Resource, { pods }: Pick<Program, "pods">): string[] {
  const spec = first(service.body.spec);
  const selected = pods.filter(({ namespace, labels }) => namespace === namespaceOf(service) && selects(spec, labels));
  const named = new Map(
    selected.flatMap(({ containers }) =>
      containers.flatMap((container) =>
        blocks(container.port).map(({ name, container_port: port }) => [text(name) ?? "", port] as const),
      ),
    ),
  );
  const found = blocks(spec.port).flatMap(({ port, target_port: target }) => {
    const to = (typeof target === "string" && named.get(target)) || (target ?? port);
    const name = PORTS[String(port)] ?? PORTS[String(to)];
    if (name !== undefined) return [name];
    return PORT_NAMES.test(String(target)) ? ["PostgreSQL"] : [];
  });
  const label = text(object(first(spec.selector))["app.kubernetes.io/name"]);
  const byLabel = label !== undefined && OF_VAULT.test(label) && found.length === 0 ? ["Vault"] : [];
  return [...new Set([...found, ...byLabel])];
}

const namespaceOf = ({ body }: Resource): string => text(first(body.metadata).namespace) ?? "default";

function selects(spec: JsonObject, labels: JsonObject): boolean {
  const wanted = Object.entries(first(spec.selector));
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** What an Ingress or a route of a gateway leads to: by the port of each Service that it names, or by that Service. */
export function routedTo(route: Resource, program: Pick<Program, "pods" | "resources" | "charts">): string[] {
  const spec = first(route.body.spec);
  const parents = blocks(spec.parent_refs);
  // A route of a mesh hangs on a Service, and lets nobody in from outside.
  if (parents.length > 0 && parents.every(({ kind }) => kind === "Service")) return [];
  return [...new Set(backendsIn(spec).flatMap((backend) => behind(backend, route, program)))];
}

interface Backend {
  readonly name: string;
  readonly namespace?: string;
  readonly port: Json | undefined;
}

/** Every Service that a route names, however deep: Ingress, Gateway API and OpenShift write it in their own ways. */
function backendsIn(value: Json | undefined, port?: Json): Backend[] {
  return blocks(value).flatMap((block) => {
    const own = first(block.port);
    const at = own.number ?? own.name ?? own.target_port ?? (typeof block.port === "object" ? undefined : block.port);
    const name = text(block.service_name) ?? text(block.name);
    const one = { name: name ?? "", port: block.service_port ?? at ?? port };
    const namespace = text(block.namespace);
    const here = name === undefined ? [] : [{ ...one, ...(namespace !== undefined && { namespace }) }];
    const below = Object.entries(block)
      .filter(([key, inner]) => LEADS.test(key) && typeof inner === "object")
      .flatMap(([, inner]) => backendsIn(inner, at ?? port));
    return [...here, ...below];
  });
}

/** Blocks of a route that lead to a backend: a header or a filter has a name as well. */
const LEADS = /^(default_backend|backend|service|rule|http|paths?|backend_refs|to|alternate_backends)$/;

function behind(
  { name, namespace, port }: Backend,
  route: Resource,
  program: Pick<Program, "pods" | "resources" | "charts">,
): string[] {
  const known = PORTS[String(port)];
  if (known !== undefined) return [known];
  if (OF_VAULT.test(name) || program.charts.some((chart) => isServiceOf(chart, name))) return ["Vault"];
  return program.resources
    .filter(({ type, body }) => type === "kubernetes_service" && text(first(body.metadata).name) === name)
    .filter((service) => isComputed(namespace) || namespaceOf(service) === (namespace ?? namespaceOf(route)))
    .flatMap((service) => leadsTo(service, program));
}

const isServiceOf = (chart: Chart, name: string): boolean =>
  ["", "-active", "-standby", "-internal", "-ui"].some((behind) => name === `${fullNameOf(chart)}${behind}`);
