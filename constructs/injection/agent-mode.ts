import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import { report } from "../private/findings";
import { agentScript, everyFile, fileOf } from "./agent-script";
import type { InjectedSecret, InjectorOptions } from "./annotations";
import type { IWorkloadIdentity } from "../contracts/identity";
import { AgentMode } from "../contracts/cluster";

/** How the agent of a pod runs: as its workload says, or else its cluster. */
export function agentModeOf(props: { readonly agent?: AgentMode; readonly identity: IWorkloadIdentity }): AgentMode {
  return props.agent ?? props.identity.cluster.agent ?? "native-sidecar";
}

/** Name of the volume with the token that the agent shows to Vault. */
export const TOKEN_VOLUME = "vault-token";
/** Folder of the secrets' files, where a pod names no other. */
export const SECRETS_FOLDER = "/vault/secrets";

/** Seconds after the app's end in which the agent stops and asks Vault for the revocation: 2 and 7, and one to spare. */
const REVOCATION = 10;

/** What of a pod bears on how its agent runs. */
export interface AgentSetting {
  readonly mode: AgentMode;
  /** Time that the app takes to end. @default - the pod ends by itself, as that of a Job does */
  readonly drain?: Duration;
  /** The files are read once, when the app starts: no agent is needed beside it. @default false */
  readonly once?: boolean;
  readonly secrets: readonly InjectedSecret[];
  /** What the user says; it wins. */
  readonly given: InjectorOptions;
  /** Annotations that the user gives as they are. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The injector's options of one agent, and how long its pod may take to end. */
export interface Agent {
  readonly options: InjectorOptions;
  /** @default - Kubernetes' own: 30 */
  readonly terminationGracePeriodSeconds?: number;
}

/** What every agent has, in whatever way it runs. */
export const COMMON: InjectorOptions = {
  initFirst: true,
  serviceAccountTokenVolumeName: TOKEN_VOLUME,
  // The agent does something about once a minute. With the injector's 250m, eight pods would take a whole node of two
  // cores.
  requestsCpu: "25m",
  // Behind the cache an agent tries 12 times by default. Its request for the template ends before that, after a minute,
  // and begins anew: so its log would never say why PostgreSQL or Vault refuses a login.
  clientMaxRetries: 2,
  // The longest pause between two tries, of login and of templates: when what a pod waits for is there, the pod starts
  // soon.
  authMaxBackoff: Duration.seconds(10),
};

/** How the agent of a pod runs. Reports what the user's options do not allow. */
export function agentOf(scope: Construct, setting: AgentSetting): Agent {
  if (setting.once) return { options: { ...COMMON, prePopulateOnly: true, ...setting.given } };
  return setting.mode === "native-sidecar" ? nativeSidecar(scope, setting) : initAndSidecar(scope, setting);
}

/** Options for "init-and-sidecar", or for an agent that is configured elsewhere: with them an agent would not run as a native sidecar. */
const NOT_NATIVE: readonly (keyof InjectorOptions)[] = [
  ...(["agentConfigmap", "prePopulate", "prePopulateOnly", "revokeOnShutdown", "revokeGrace", "enableQuit"] as const),
  ...(["cacheEnable", "cacheUseAutoAuthToken", "cacheListenerPort", "cacheExitOnError", "jsonPatch"] as const),
];

/** Annotations of the injector, given as such, that would change what is decided here. */
const DECIDED =
  /^vault\.hashicorp\.com\/(agent-configmap$|agent-cache-enable$|agent-enable-quit$|agent-init-json-patch$|agent-inject-file-|agent-json-patch$|agent-pre-populate|agent-revoke-|preserve-secret-case|secret-volume-path)/;

function nativeSidecar(scope: Construct, { drain, secrets, given, annotations = {} }: AgentSetting): Agent {
  for (const key of Object.keys(annotations).filter((name) => DECIDED.test(name)))
    report(scope, {
      code: "annotation",
      message: `annotation ${key} would change what an agent that is a native sidecar runs, or which files its app waits for`,
      fix: "say it by `file` of a secret, `injector.secretVolumePath` or `injector.initJsonPatch`",
    });
  for (const option of NOT_NATIVE.filter((name) => given[name] !== undefined))
    report(scope, {
      code: "annotation",
      message: `injector option ${option} cannot be combined with an agent that is a native sidecar`,
      fix:
        option === "jsonPatch"
          ? "patch the agent's container by `initJsonPatch`"
          : 'leave it out, or set `agent: "init-and-sidecar"`',
    });
  const folder = given.secretVolumePath ?? SECRETS_FOLDER;
  const files = secrets.map((secret) => fileOf(folder, secret)).sort();
  const patch = [
    { op: "add", path: "/restartPolicy", value: "Always" },
    { op: "replace", path: "/args", value: [agentScript(files)] },
    // The app's containers start when this has succeeded. It never gives up: a container that is started anew waits longer
    // each time, and what keeps the agent waiting is in its log.
    {
      op: "add",
      path: "/startupProbe",
      value: {
        exec: { command: ["/bin/sh", "-c", everyFile(files)] },
        periodSeconds: 1,
        timeoutSeconds: 5,
        failureThreshold: 2_000_000_000,
      },
    },
  ];
  return {
    options: {
      ...COMMON,
      prePopulateOnly: true,
      // Set whatever the injector's default is: when the agent ends, the script starts it anew.
      templateExitOnRetryFailure: true,
      ...given,
      initJsonPatch: patched(scope, patch, given.initJsonPatch),
    },
    terminationGracePeriodSeconds: drain && drain.toSeconds() + REVOCATION,
  };
}

/** Seconds that belong together: the login outlives the app's draining by 5, and the pod the revocation by 10. */
function initAndSidecar(scope: Construct, { drain, given }: AgentSetting): Agent {
  const grace = drain && drain.toSeconds() + 5;
  const terminationGracePeriodSeconds = grace && grace + 10;
  if (grace && given.revokeGrace && given.revokeGrace.toSeconds() > grace)
    report(scope, {
      code: "drain",
      message: `revokeGrace ${given.revokeGrace} leaves no 10 seconds of the pod's ${terminationGracePeriodSeconds}s for the revocation`,
      fix: "set `drain`, from which both follow",
    });
  const ending: InjectorOptions = grace ? { revokeOnShutdown: true, revokeGrace: Duration.seconds(grace) } : {};
  // Without a sidecar there is nothing to share a login with.
  if (given.prePopulateOnly ?? drain === undefined)
    return { options: { ...COMMON, prePopulateOnly: true, ...ending, ...given }, terminationGracePeriodSeconds };
  // The agent's persistent cache reads the token at the path where Kubernetes mounts it by default, whatever volume was named
  // (Vault 1.21, command/agentproxyshared/cache); without this mount the init container fails. The app gets no token.
  const mount = { name: TOKEN_VOLUME, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true };
  const patch = [{ op: "add", path: "/volumeMounts/-", value: mount }];
  return {
    options: {
      ...COMMON,
      cacheEnable: true,
      cacheUseAutoAuthToken: "false",
      ...ending,
      ...given,
      jsonPatch: patched(scope, patch, given.jsonPatch),
      initJsonPatch: patched(scope, patch, given.initJsonPatch),
    },
    terminationGracePeriodSeconds,
  };
}

/** These operations, and the user's after them. */
function patched(scope: Construct, ours: readonly object[], theirs = "[]"): string {
  try {
    const operations: unknown = JSON.parse(theirs);
    if (Array.isArray(operations)) return JSON.stringify([...ours, ...(operations as unknown[])]);
  } catch {
    // Not JSON: reported below, with JSON that is not a list.
  }
  report(scope, {
    code: "annotation",
    message: `JSON patch ${JSON.stringify(theirs)} is not a JSON list of operations`,
    fix: 'write it as RFC 6902 has it: [{"op":"add","path":"…","value":…}]',
  });
  return JSON.stringify(ours);
}
