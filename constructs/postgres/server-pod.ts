import type { Container, ContainerResources } from "../injection/container";
import type { InjectedPodProps } from "../injection/pod";
import { literal } from "../private/terraform";
import { quoteLiteral } from "../../access/model/sql-quoting";

const FILE = "admin-password";
/** Where the server's pod finds the first password. */
export const PASSWORD_FILE = `/vault/secrets/${FILE}`;

/** 128 MiB of shared buffers and 200 connections, of which each takes some megabytes. */
const RESOURCES: ContainerResources = { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } };

/** What the pod of a server differs in. */
export interface ServerPod {
  readonly majorVersion: number;
  /** @default - the official image */
  readonly image?: string;
  readonly maxConnections: number;
  /** @default - room for PostgreSQL's own settings */
  readonly resources?: ContainerResources;
  /** @default - no TLS */
  readonly tlsSecret?: string;
  /** Path in Vault of the first password. */
  readonly passwordPath: string;
  /** Name of the ConfigMap with what runs at first start. */
  readonly initConfigMap: string;
}

/**
 * What runs before the server, each time its container starts. It refuses a volume that holds the data of another major version and none of
 * this one: the image would start an empty server beside them, and the data would seem to be gone.
 *
 * It also removes what a first start left that was cut off, by the end of its pod for instance. The image takes a folder with PG_VERSION for
 * a complete server: it would start one without our roles, become ready, and let nobody in.
 */
export function dataGuard(majorVersion: number, volume = VOLUME): string {
  return `version="${volume}/${majorVersion}"
data="$version/docker"
begun="$version/first-start"
if [ -e "$begun" ]; then
  if grep -qs '^cluster_name' "$data/postgresql.auto.conf"; then rm -f "$begun"; exit 0; fi
  # A new server has three databases: template0, template1 and postgres.
  set -- "$data"/base/[0-9]*
  if [ $# -gt 3 ]; then
    echo "the first start of this server did not reach its end, but it holds databases. If they matter, delete the file $begun of the volume, by the command in docs/operations.md; if not, delete the claim. Then delete this pod" >&2
    exit 1
  fi
  echo "the first start of this server did not reach its end, and it holds no database of yours: it starts anew" >&2
  rm -rf "$data"
  exit 0
fi
[ -e "$data/PG_VERSION" ] && exit 0
for found in "${volume}"/*/docker/PG_VERSION; do
  [ -e "$found" ] || continue
  echo "the volume holds data of PostgreSQL $(cat "$found") and none of ${majorVersion}: an empty server would start. Set majorVersion back and delete this pod, or move the data as docs/operations.md says" >&2
  exit 1
done
mkdir -p "$version" && : > "$begun"
`;
}

/** The guard, and then what the image runs by itself. It is no init container: those do not run again when the container of a server does. */
function startScript(majorVersion: number): string {
  return `(\n${dataGuard(majorVersion)}) || exit 1\nexec docker-entrypoint.sh postgres "$@"\n`;
}

/** The last script of a first start. It leaves in postgresql.auto.conf what `dataGuard` looks for. */
export function finishedScript(instanceName: string): string {
  return `-- Run last, on an empty data folder. The start of the container takes this setting as the sign that the first start reached its end.
ALTER SYSTEM SET cluster_name = ${quoteLiteral(instanceName)};
`;
}

const VOLUME = "/var/lib/postgresql";

/** The pod of a server: the official image, its settings and its volumes. */
export function serverPod(server: ServerPod): Pick<InjectedPodProps, "secrets" | "containers" | "volumes"> {
  return {
    secrets: [
      {
        name: FILE,
        path: server.passwordPath,
        template: `{{- with secret ${JSON.stringify(server.passwordPath)} -}}{{ .Data.data.password }}{{- end -}}`,
      },
    ],
    containers: [serverContainer(server)],
    volumes: [
      { name: "init", configMap: { name: server.initConfigMap } },
      { name: "run", emptyDir: {} },
      { name: "tmp", emptyDir: {} },
      ...(server.tlsSecret
        ? [{ name: "tls", secret: { secretName: literal(server.tlsSecret), defaultMode: "0640" } }]
        : []),
    ],
  };
}

/** The user `postgres` of the official image. */
const SECURITY_CONTEXT = { runAsUser: 999, runAsGroup: 999 };

function serverContainer(server: ServerPod): Container {
  return {
    name: "postgres",
    image: literal(server.image ?? `postgres:${server.majorVersion}`),
    command: ["sh", "-c", literal(startScript(server.majorVersion)), "postgres"],
    args: settingsOf(server).flatMap((setting) => ["-c", setting]),
    env: [
      { name: "PGDATA", value: `${VOLUME}/${server.majorVersion}/docker` },
      { name: "POSTGRES_PASSWORD_FILE", value: PASSWORD_FILE },
      { name: "POSTGRES_HOST_AUTH_METHOD", value: "scram-sha-256" },
      // The image trusts connections from 127.0.0.1, and a port-forward comes from there. With this, each of them
      // needs a password.
      { name: "POSTGRES_INITDB_ARGS", value: "--auth-host=scram-sha-256 --auth-local=peer" },
    ],
    ports: [{ containerPort: 5432, name: "postgresql" }],
    resources: server.resources ?? RESOURCES,
    securityContext: SECURITY_CONTEXT,
    readinessProbe: {
      exec: { command: ["pg_isready", "-U", "postgres", "-h", "127.0.0.1"] },
      periodSeconds: 5,
    },
    volumeMounts: [
      { name: "data", mountPath: VOLUME },
      { name: "init", mountPath: "/docker-entrypoint-initdb.d", readOnly: true },
      { name: "run", mountPath: "/var/run/postgresql" },
      { name: "tmp", mountPath: "/tmp" },
      ...(server.tlsSecret ? [{ name: "tls", mountPath: "/tls", readOnly: true }] : []),
    ],
  };
}

function settingsOf(server: ServerPod): string[] {
  return [
    `max_connections=${server.maxConnections}`,
    "password_encryption=scram-sha-256",
    // So that the log says who was connected as which login, when and from where. The name of a login says whose it
    // was, also when the login is gone.
    "log_connections=on",
    "log_disconnections=on",
    "log_line_prefix=%m [%p] db=%d,user=%u,app=%a,client=%h ",
    ...(server.tlsSecret ? ["ssl=on", "ssl_cert_file=/tls/tls.crt", "ssl_key_file=/tls/tls.key"] : []),
  ];
}
