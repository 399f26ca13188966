import { posix } from "node:path";
import type { InjectionSettings } from "./defaults";
import { checkDuration, InjectionRefused, parseBool, parseFloating, parseInteger } from "./go";

/** Prefix of the injector's annotations. */
export const PREFIX = "vault.hashicorp.com/";

/** One file that the agent renders. */
export interface SecretRequest {
  /** Last part of its annotations. */
  readonly rawName: string;
  /** File name, unless another is asked for. */
  readonly name: string;
  readonly path: string;
  readonly template: string;
  readonly templateFile: string;
  readonly folder: string;
  readonly destination: string;
  readonly command: string;
  readonly perms: string;
  readonly errorOnMissingKey: boolean;
  readonly leftDelimiter: string;
  readonly rightDelimiter: string;
}

/** What the annotations of a pod ask for, with the injector's defaults filled in. */
export interface InjectionRequest {
  /** The value of an annotation, without the prefix; "" if there is none. */
  text(annotation: string): string;
  flag(annotation: string): boolean;
  readonly secrets: readonly SecretRequest[];
  readonly containers: readonly string[];
  readonly setSecurityContext: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly revokeGrace: number;
  readonly maxConnectionsPerHost: number;
  readonly leaseRenewalThreshold: number;
  /** One login for init container and sidecar, handed over through a volume. */
  readonly cachePersisted: boolean;
  /** Keys with underscores, of `auth-config-...` and `agent-telemetry-...`. */
  readonly authConfig: Readonly<Record<string, string>>;
  readonly telemetry: Readonly<Record<string, string>>;
}

const FLAGS = [
  "agent-inject",
  "agent-init-first",
  "agent-pre-populate",
  "agent-pre-populate-only",
  "agent-revoke-on-shutdown",
  "agent-run-as-same-user",
  "agent-set-security-context",
  "agent-share-process-namespace",
  "agent-cache-enable",
  "agent-cache-exit-on-err",
  "agent-inject-token",
  "agent-enable-quit",
  "agent-auto-auth-exit-on-err",
  "template-config-exit-on-retry-failure",
  "tls-skip-verify",
] as const;

const TEXTS = [
  "agent-inject-status",
  "agent-inject-containers",
  "agent-inject-default-template",
  "agent-image",
  "agent-request-namespace",
  "agent-configmap",
  "agent-extra-secret",
  "agent-limits-cpu",
  "agent-limits-mem",
  "agent-limits-ephemeral",
  "agent-requests-cpu",
  "agent-requests-mem",
  "agent-requests-ephemeral",
  "agent-revoke-grace",
  "agent-run-as-user",
  "agent-run-as-group",
  "agent-service-account-token-volume-name",
  "agent-cache-use-auto-auth-token",
  "agent-cache-listener-port",
  "agent-copy-volume-mounts",
  "agent-disable-idle-connections",
  "agent-disable-keep-alives",
  "agent-json-patch",
  "agent-init-json-patch",
  "namespace",
  "service",
  "proxy-address",
  "tls-secret",
  "tls-server-name",
  "ca-cert",
  "ca-key",
  "client-cert",
  "client-key",
  "client-max-retries",
  "client-timeout",
  "go-max-procs",
  "log-level",
  "log-format",
  "role",
  "auth-type",
  "auth-path",
  "auth-min-backoff",
  "auth-max-backoff",
  "secret-volume-path",
  "preserve-secret-case",
  "template-static-secret-render-interval",
  "template-max-connections-per-host",
  "template-lease-renewal-threshold",
] as const;

const PLAIN: ReadonlySet<string> = new Set([...FLAGS, ...TEXTS]);

/** Annotations that end with the name of a secret; the longer ones first, as `agent-inject-template-file-x` is not a template. */
const MAKES_SECRET = ["agent-inject-secret", "agent-inject-template-file", "agent-inject-template"] as const;
const OF_SECRET = [
  ...MAKES_SECRET,
  "agent-inject-file",
  "agent-inject-perms",
  "agent-inject-command",
  "agent-template-left-delim",
  "agent-template-right-delim",
  "error-on-missing-key",
  "secret-volume-path",
  "preserve-secret-case",
] as const;
const GROUPS = ["auth-config", "agent-telemetry"] as const;

/** Every annotation that the model plays, without the prefix; one that a name follows ends with a dash. */
export const PLAYED: readonly string[] = [...PLAIN, ...[...OF_SECRET, ...GROUPS].map((family) => `${family}-`)];

/** The family that an annotation belongs to, and what follows its dash. */
function familyOf<F extends string>(annotation: string, families: readonly F[]): [F, string] | undefined {
  const family = families.find((name) => annotation.startsWith(`${name}-`) && annotation.length > name.length + 1);
  return family && [family, annotation.slice(family.length + 1)];
}

function joined(folder: string, file: string): string {
  const path = posix.join(folder, file);
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

function readSecret(rawName: string, given: ReadonlyMap<string, string>, folder: string): SecretRequest {
  const of = (family: (typeof OF_SECRET)[number]): string => given.get(`${family}-${rawName}`) ?? "";
  const keepCase = given.get(`preserve-secret-case-${rawName}`) ?? given.get("preserve-secret-case") ?? "";
  const name = ["1", "t", "T", "TRUE", "true", "True"].includes(keepCase) ? rawName : rawName.toLowerCase();
  const template = of("agent-inject-template");
  const file = of("agent-inject-file");
  const ownFolder = given.get(`secret-volume-path-${rawName}`) ?? folder;
  return {
    rawName,
    name,
    path: of("agent-inject-secret"),
    template,
    templateFile: template === "" ? of("agent-inject-template-file") : "",
    folder: ownFolder,
    destination: file === "" ? `${ownFolder}/${name}` : joined(ownFolder, file),
    command: of("agent-inject-command"),
    perms: of("agent-inject-perms"),
    errorOnMissingKey: parseBool(of("error-on-missing-key"), `${PREFIX}error-on-missing-key-${rawName}`),
    leftDelimiter: of("agent-template-left-delim") || "{{",
    rightDelimiter: of("agent-template-right-delim") || "}}",
  };
}

/**
 * The secrets, in the order of their names: the injector takes them as Go's maps come, which is any order.
 * @throws for an annotation that it does not know, or that speaks of a secret which no other names
 */
function readSecrets(given: ReadonlyMap<string, string>, folder: string): SecretRequest[] {
  const names = new Set<string>();
  for (const [annotation, value] of given) {
    const [family, rawName] = PLAIN.has(annotation) ? [] : (familyOf(annotation, MAKES_SECRET) ?? []);
    if (family && rawName && value.trim() !== "") names.add(rawName);
  }
  for (const annotation of given.keys()) {
    if (PLAIN.has(annotation) || familyOf(annotation, GROUPS)) continue;
    const [family, rawName] = familyOf(annotation, OF_SECRET) ?? [];
    if (rawName === undefined) throw new Error(`the model does not play ${PREFIX}${annotation}: no such annotation`);
    // One that would name a secret, but is blank, is ignored by the injector and here.
    if (!names.has(rawName) && !MAKES_SECRET.some((maker) => maker === family)) {
      throw new Error(`the model does not play ${PREFIX}${annotation}: no annotation names a secret ${rawName}`);
    }
  }
  return [...names].sort().map((rawName) => readSecret(rawName, given, folder));
}

function readGroup(given: ReadonlyMap<string, string>, group: (typeof GROUPS)[number]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [annotation, value] of given) {
    const [, key] = familyOf(annotation, [group]) ?? [];
    if (key !== undefined) found[key.replaceAll("-", "_")] = value;
  }
  return found;
}

/** The injector's own annotations, without their prefix. */
export function ownAnnotations(annotations: Readonly<Record<string, string>> = {}): Map<string, string> {
  return new Map(
    Object.entries(annotations)
      .filter(([key]) => key.startsWith(PREFIX))
      .map(([key, value]) => [key.slice(PREFIX.length), value]),
  );
}

/**
 * Reads the annotations of a pod that asks for injection.
 * @param given as ownAnnotations gives them
 * @param containers names of the pod's containers
 * @throws InjectionRefused for what the injector refuses; Error for what this model does not play, naming the annotation
 */
export function readAnnotations(
  given: ReadonlyMap<string, string>,
  settings: InjectionSettings,
  containers: readonly string[],
): InjectionRequest {
  const text = (annotation: string): string => given.get(annotation) ?? settings.defaults[annotation] ?? "";
  const flag = (annotation: string): boolean => parseBool(text(annotation), PREFIX + annotation);
  for (const annotation of FLAGS) flag(annotation);
  checkDuration(text("auth-min-backoff"), "min backoff");
  checkDuration(text("auth-max-backoff"), "max backoff");
  const template = text("agent-inject-default-template").toLowerCase();
  if (!["map", "json"].includes(template)) throw new InjectionRefused(`invalid default template type: ${template}`);
  if (text("auth-type") === "aws") throw new Error(`the model does not play ${PREFIX}auth-type with aws`);

  const asksForUser = ["agent-run-as-user", "agent-run-as-same-user", "agent-run-as-group"].some((a) => given.has(a));
  const threshold = given.get("template-lease-renewal-threshold");
  return {
    text,
    flag,
    secrets: readSecrets(given, text("secret-volume-path")),
    containers: given.get("agent-inject-containers")?.split(",") ?? containers,
    setSecurityContext: flag("agent-set-security-context") || (!given.has("agent-set-security-context") && asksForUser),
    ...(given.has("agent-share-process-namespace")
      ? { shareProcessNamespace: flag("agent-share-process-namespace") }
      : {}),
    revokeGrace: parseInteger(text("agent-revoke-grace"), `${PREFIX}agent-revoke-grace`, "strictly unsigned"),
    maxConnectionsPerHost: parseInteger(
      text("template-max-connections-per-host"),
      `${PREFIX}template-max-connections-per-host`,
      "signed",
    ),
    leaseRenewalThreshold:
      threshold === undefined ? 0 : parseFloating(threshold, `${PREFIX}template-lease-renewal-threshold`),
    cachePersisted: flag("agent-cache-enable") && flag("agent-pre-populate") && !flag("agent-pre-populate-only"),
    authConfig: readGroup(given, "auth-config"),
    telemetry: readGroup(given, "agent-telemetry"),
  };
}
