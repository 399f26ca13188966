import type { Container, ContainerResources } from "../injection/container";
import type { InjectedPodProps } from "../injection/pod";
import { literal } from "../private/terraform";

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
 * Refuses a volume that holds the data of another major version and none of this one: the image would start an empty server beside
 * them, and the data would seem to be gone.
 */
export function dataGuard(majorVersion: number, volume = VOLUME): string {
  return `[ -e "${volume}/${majorVersion}/docker/PG_VERSION" ] && exit 0
for found in "${volume}"/*/docker/PG_VERSION; do
  [ -e "$found" ] || continue
  echo "the volume holds data of PostgreSQL $(cat "$found") and none of ${majorVersion}: an empty server would start. Set majorVersion back and delete this pod, or move the data as docs/operations.md says" >&2
  exit 1
done
exit 0
`;
}

const VOLUME = "/var/lib/postgresql";

/** The pod of a server: the official image, its settings and its volumes. */
export function serverPod(
  server: ServerPod,
): Pick<InjectedPodProps, "secrets" | "initContainers" | "containers" | "volumes"> {
  return {
    secrets: [
      {
        name: FILE,
        path: server.passwordPath,
        template: `{{- with secret ${JSON.stringify(server.passwordPath)} -}}{{ .Data.data.password }}{{- end -}}`,
      },
    ],
    initContainers: [guardContainer(server)],
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

function imageOf(server: ServerPod): string {
  return literal(server.image ?? `postgres:${server.majorVersion}`);
}

/** The user `postgres` of the official image. */
const SECURITY_CONTEXT = { runAsUser: 999, runAsGroup: 999 };

function guardContainer(server: ServerPod): Container {
  return {
    name: "data-guard",
    image: imageOf(server),
    command: ["sh", "-c", literal(dataGuard(server.majorVersion))],
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
    securityContext: SECURITY_CONTEXT,
    volumeMounts: [{ name: "data", mountPath: VOLUME, readOnly: true }],
  };
}

function serverContainer(server: ServerPod): Container {
  return {
    name: "postgres",
    image: imageOf(server),
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
