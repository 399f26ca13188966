import { isObject, Json, JsonObject } from "../../../bench/rehearse/model/values";
import { parseKeywords, parseServiceFile } from "../../support/delivery";
import { onlySecret, renderTemplate } from "../../support/go-template";
import { Asked } from "../program";
import { namesOf } from "./asked-names";
import { differs, ofType, Read, Reading } from "./terraform";

/** As Vault makes them. */
export const DATA = {
  username: "v-eu.shop.web-Xy1",
  password: "Aa1-bB2",
  LeaseDuration: "3600",
  LeaseID: "db/creds/x/1",
};
const PREFIX = "vault.hashicorp.com/";
const NAME_LABEL = "app.kubernetes.io/name";

const DNS_LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const NAME = /^(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/** k8s.io/apimachinery, validation.IsQualifiedName: of the keys of labels and annotations. */
export function isKey(key: string): boolean {
  const parts = key.split("/");
  return parts.length === 1 ? NAME.test(key) : parts.length === 2 && SUBDOMAIN.test(parts[0]) && NAME.test(parts[1]);
}

export const isLabelValue = (value: string): boolean => value === "" || NAME.test(value);

/** Workloads: who they run as, what they are annotated with, and what their agents write. */
export function judgePods(reading: Reading, asked: Asked): string[] {
  const { key } = namesOf(asked);
  const metadata = reading.blocks.flatMap((block) =>
    block.type.startsWith("kubernetes_") && isObject(block.arguments.metadata) ? [block.arguments.metadata] : [],
  );
  return [
    ...metadata.flatMap(({ name, namespace, labels }) => [
      ...differs(`the namespace of ${name}`, namespace, key.namespace),
      ...(SUBDOMAIN.test(String(name)) ? [] : [`${JSON.stringify(name)} is not a name of Kubernetes`]),
      ...labelProblems(labels),
    ]),
    ...ofType(reading, "kubernetes_deployment_v1").flatMap((block) => deployment(block, asked)),
    ...ca(reading, asked),
    ...(asked.shape.server ? server(reading, asked) : []),
  ];
}

function labelProblems(labels: Json | undefined): string[] {
  return Object.entries(isObject(labels) ? labels : {}).flatMap(([label, value]) =>
    isKey(label) && isLabelValue(String(value)) ? [] : [`label ${JSON.stringify([label, value])} is none`],
  );
}

function deployment({ arguments: args }: Read, asked: Asked): string[] {
  const { key } = namesOf(asked);
  const name = asked.text("deployment");
  const labels = { [NAME_LABEL]: name, [asked.text("labelKey")]: asked.text("labelValue") };
  const spec = args.spec as JsonObject;
  const template = spec.template as { metadata: { labels: JsonObject; annotations: JsonObject }; spec: JsonObject };
  const volumes = JSON.stringify(template.spec.volume);
  return [
    ...differs("the name", (args.metadata as JsonObject).name, name),
    ...(DNS_LABEL.test(name) ? [] : [`${name} is not a name of a Deployment`]),
    ...differs("the labels", [template.metadata.labels, (args.metadata as JsonObject).labels], [labels, labels]),
    ...labelProblems(template.metadata.labels),
    ...differs("the selector", spec.selector, { match_labels: { [NAME_LABEL]: name } }),
    ...differs("the ServiceAccount", template.spec.service_account_name, key.serviceAccount),
    ...(volumes.includes(`"audience":${JSON.stringify(asked.text("audience"))}`)
      ? []
      : ["the token's audience differs"]),
    ...annotations(template.metadata.annotations, asked),
  ];
}

/** Keys that are there whatever is asked for. */
const ALWAYS = [
  ...["agent-inject", "agent-init-first", "agent-init-json-patch", "agent-pre-populate-only", "agent-requests-cpu"],
  ...["auth-max-backoff", "auth-type", "ca-cert", "client-max-retries", "template-config-exit-on-retry-failure"],
  ...["agent-service-account-token-volume-name"],
];

function annotations(found: JsonObject, asked: Asked): string[] {
  const names = namesOf(asked);
  const file = fileOf(asked);
  const other = asked.text("secretName");
  const exact: Record<string, string> = {
    [`agent-inject-secret-${file}`]: names.deliveredPath,
    [`agent-inject-command-${file}`]:
      `timeout 10 wget -q -O /dev/null --post-data= http://127.0.0.1:8080/${asked.text("reloadPath")} || ` +
      "echo 'leasehold: nobody took a POST to port 8080: an app that was running still has its old login'",
    [`error-on-missing-key-${file}`]: "true",
    [`agent-inject-secret-${other}`]: asked.text("secretPath"),
    [`agent-inject-template-${other}`]: '{{ with secret "flags/data/shop" }}{{ .Data.data.on }}{{ end }}',
    [`agent-inject-file-${other}`]: asked.text("secretFile"),
    [`error-on-missing-key-${other}`]: "true",
    role: names.authRole,
    "auth-path": `auth/${asked.text("authPath")}`,
    service: asked.text("vaultAddress"),
    ...(asked.text("tlsSecret") !== "" && { "tls-secret": asked.text("tlsSecret") }),
    [`agent-telemetry-${asked.text("telemetryKey")}`]: asked.text("telemetryValue"),
  };
  const wanted: Record<string, string> = {
    ...Object.fromEntries(Object.entries(exact).map(([key, value]) => [`${PREFIX}${key}`, value])),
    [asked.text("annotationKey")]: asked.text("annotationValue"),
  };
  const template = `agent-inject-template-${file}`;
  const known = new Set([...Object.keys(wanted), ...[...ALWAYS, template].map((key) => `${PREFIX}${key}`)]);
  return [
    ...Object.keys(found).flatMap((key) => [
      ...(isKey(key) ? [] : [`${JSON.stringify(key)} is not a key of an annotation`]),
      ...(known.has(key) ? [] : [`annotation ${JSON.stringify(key)} was not asked for`]),
    ]),
    ...Object.entries(wanted).flatMap(([key, value]) => differs(`annotation ${key}`, found[key], value)),
    ...rendered(String(found[`${PREFIX}${template}`]), asked),
  ];
}

/** The file of the credential: the database's name where it is fit for one (an annotation key and a path). */
function fileOf(asked: Asked): string {
  if (asked.shape.ownFile) return asked.text("file");
  const { database } = namesOf(asked);
  return /^(?!file-)[a-z0-9]([-a-z0-9._]{0,39}[a-z0-9])?$/.test(database) ? database : "database";
}

/** What the agent writes, read back by the rules of its format. */
function rendered(template: string, asked: Asked): string[] {
  const names = namesOf(asked);
  const { format } = asked.shape;
  const text = renderTemplate(template, DATA);
  const path = differs("the path that the agent reads", onlySecret(template), names.deliveredPath);
  const host = asked.text("host");
  const plain = {
    host: host.replace(/^\[|\]$/g, ""),
    port: "5432",
    dbname: names.database,
    user: DATA.username,
    password: DATA.password,
    sslmode: "verify-full",
    application_name: asked.text("applicationName"),
  };
  const without = ({ sslrootcert, ...rest }: Record<string, unknown>): unknown =>
    /^\/etc\/leasehold\/ca\/[0-9a-f]{12}\.pem$/.test(String(sslrootcert)) ? sorted(rest) : { sslrootcert };
  if (format === "custom") return [...path, ...differs("the file", text, customText(asked.text("template")))];
  if (format === "json") {
    const { dbname, user, port, ...rest } = plain;
    const json = { ...rest, database: dbname, username: user, port: Number(port) };
    return [...path, ...differs("the file", without(JSON.parse(text) as Record<string, unknown>), sorted(json))];
  }
  if (format === "keywords") return [...path, ...differs("the file", without(parseKeywords(text)), sorted(plain))];
  if (format === "serviceFile")
    return [...path, ...differs("the file", without(asLibpqReads(parseServiceFile(text))), sorted(plain))];
  const uri =
    /^postgresql:\/\/([^:@/]*):([^:@/]*)@(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d+)\/([^/?#]*)\?([^?#]*)$/.exec(text);
  if (!uri) return [...path, `the file is not a URI: ${JSON.stringify(text)}`];
  const [user, password, at, port, dbname] = uri.slice(1, 6).map(decodeURIComponent);
  const query = Object.fromEntries(uri[6].split("&").map((pair) => pair.split("=").map(decodeURIComponent)));
  const read = without({ user, password, port, dbname, host: at, ...query });
  return [...path, ...differs("the file", read, sorted({ ...plain, host }))];
}

const sorted = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** libpq takes the whitespace off the end of each line, whatever it belongs to (fe-connect.c, parseServiceFile). */
function asLibpqReads(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, value.replace(/[ \t\n\v\f\r]+$/, "")]),
  );
}

/** A template of the user's own, by itself: the block around it must change nothing of it. */
function customText(template: string): string {
  const apart = "|";
  return renderTemplate(`{{ with secret "x" }}${apart}${template}${apart}{{ end }}`, DATA).slice(1, -1);
}

function ca(reading: Reading, asked: Asked): string[] {
  return ofType(reading, "kubernetes_config_map_v1", "work").flatMap(({ arguments: args }) => {
    const entries = Object.entries(args.data as JsonObject);
    return entries.length === 1 && /^[0-9a-f]{12}\.pem$/.test(entries[0][0])
      ? differs("the CA", entries[0][1], asked.text("ca"))
      : [`the CA's files are ${JSON.stringify(entries.map(([name]) => name))}`];
  });
}

/** The server in the cluster. */
function server(reading: Reading, asked: Asked): string[] {
  const [{ arguments: args }] = ofType(reading, "kubernetes_stateful_set_v1");
  const spec = args.spec as JsonObject;
  const pod = ((spec.template as JsonObject).spec ?? {}) as { container: JsonObject[]; volume: JsonObject[] };
  const [claim] = spec.volume_claim_template as { spec: JsonObject }[];
  const tls = pod.volume.find(({ name }) => name === "tls") as { secret: JsonObject };
  const from = ofType(reading, "kubernetes_network_policy_v1").map(({ arguments: policy }) =>
    JSON.stringify(policy.spec),
  );
  const selector = `"match_labels":${JSON.stringify({ "kubernetes.io/metadata.name": asked.text("allowFrom") })}`;
  return [
    ...differs(
      "the server",
      [pod.container[0].image, claim.spec.storage_class_name, claim.spec.resources, tls.secret.secret_name],
      [
        asked.text("image"),
        asked.text("storageClass"),
        { requests: { storage: asked.text("storage") } },
        asked.text("serverTls"),
      ],
    ),
    ...(SUBDOMAIN.test(asked.text("serverTls")) && SUBDOMAIN.test(asked.text("storageClass"))
      ? []
      : ["no name of Kubernetes"]),
    ...(DNS_LABEL.test(asked.text("allowFrom")) ? [] : [`${asked.text("allowFrom")} is not a namespace`]),
    ...(from.length === 1 && from[0].includes(selector) ? [] : ["the server is open to another namespace"]),
  ];
}
