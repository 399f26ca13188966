import { Token } from "cdktf";
import { Duration } from "../../access/model/duration";
import { COMMON, TOKEN_VOLUME } from "./agent-mode";
import { InjectorOptions, PREFIX, unknownAnnotations } from "./annotations";
import type { Container } from "./container";
import { isCount, LARGEST, objectName, plain, PodProblem, said, show } from "./pod-words";
import { above, quantity } from "./probe-problems";

/** What the injector takes where a pod says nothing (vault-k8s 1.7, agent-inject/agent/agent.go). */
const DEFAULTS = { limitsCpu: "500m", limitsMemory: "128Mi", requestsMemory: "64Mi" };

/** What Vault's agent has connections for (command/agent/config, DisableIdleConns). */
const FEATURES = ["auto-auth", "caching", "proxying", "templating"];

/** What of the agent's container the injector, Kubernetes or Vault's agent would refuse. */
export function agentProblems(injector: InjectorOptions = {}): PodProblem[] {
  const { authMinBackoff: first, authMaxBackoff: longest = COMMON.authMaxBackoff as Duration } = injector;
  const { secretVolumePath: folder } = injector;
  return [
    ...amountProblems(injector),
    ...numberProblems(injector),
    // The agent would log in not once (Vault 1.21, agentproxyshared/auth/auth.go).
    ...said(
      `authMinBackoff ${first}`,
      first !== undefined && first.toSeconds() > longest.toSeconds()
        ? `is longer than authMaxBackoff ${longest}`
        : undefined,
      "give a longer `authMaxBackoff`, or a shorter `authMinBackoff`",
    ),
    ...said(
      `secretVolumePath ${show(folder)}`,
      folder === undefined || Token.isUnresolved(folder) || /^\/+[^/:][^:]*$/.test(folder)
        ? undefined
        : "is not an absolute path of a folder",
      "give the whole path in the container",
    ),
    ...objectName("extraSecret", injector.extraSecret),
    ...objectName("tlsSecret", injector.tlsSecret),
    ...objectName("agentConfigmap", injector.agentConfigmap),
    ...Object.entries({
      disableIdleConnections: injector.disableIdleConnections,
      disableKeepAlives: injector.disableKeepAlives,
    }).flatMap(([what, features = []]) =>
      features.flatMap((feature) =>
        said(
          `${what} ${show(feature)}`,
          FEATURES.includes(feature) || !plain(feature)
            ? undefined
            : "is no feature of the agent, which would not start",
          `choose among ${FEATURES.join(", ")}`,
        ),
      ),
    ),
  ];
}

function amountProblems(injector: InjectorOptions): PodProblem[] {
  const { limitsCpu, limitsMemory, limitsEphemeralStorage } = injector;
  const { requestsCpu, requestsMemory, requestsEphemeralStorage } = injector;
  const given = {
    limitsCpu,
    limitsMemory,
    limitsEphemeralStorage,
    requestsCpu,
    requestsMemory,
    requestsEphemeralStorage,
  };
  const effective = { ...DEFAULTS, requestsCpu: COMMON.requestsCpu, ...defined(given) };
  return [
    // An empty one is the injector's way to set none.
    ...Object.entries(given).flatMap(([what, amount]) => (amount === "" ? [] : quantity(what, amount))),
    ...above("the agent's CPU", effective.requestsCpu, effective.limitsCpu),
    ...above("the agent's memory", effective.requestsMemory, effective.limitsMemory),
    ...above("the agent's storage", effective.requestsEphemeralStorage, effective.limitsEphemeralStorage),
  ];
}

function defined<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Numbers with the least and the most that they may be. */
function numberProblems(injector: InjectorOptions): PodProblem[] {
  const { runAsUser, runAsGroup, cacheListenerPort, goMaxProcs, clientMaxRetries } = injector;
  const { templateMaxConnectionsPerHost, templateLeaseRenewalThreshold: threshold } = injector;
  const ids = Object.entries({ runAsUser, runAsGroup }).flatMap(([what, value]) =>
    said(
      `${what} ${value}`,
      value === undefined || isCount(value, 0) ? undefined : "is not an id",
      `give a whole number from 0 to ${LARGEST}`,
    ),
  );
  const counts = (
    [
      ["cacheListenerPort", cacheListenerPort, 1, 65535],
      ["goMaxProcs", goMaxProcs, 1, LARGEST],
      // With -1 a request is not repeated.
      ["clientMaxRetries", clientMaxRetries, -1, LARGEST],
      ["templateMaxConnectionsPerHost", templateMaxConnectionsPerHost, 0, LARGEST],
    ] as const
  ).flatMap(([what, value, least, most]) =>
    said(
      `${what} ${value}`,
      value === undefined || (isCount(value, least) && (Token.isUnresolved(value) || value <= most))
        ? undefined
        : `is not a whole number from ${least} to ${most}`,
      "give such a number, or leave it out",
    ),
  );
  return [
    ...ids,
    ...counts,
    ...said(
      `templateLeaseRenewalThreshold ${threshold}`,
      threshold === undefined || Token.isUnresolved(threshold) || (threshold > 0 && threshold <= 1)
        ? undefined
        : "is not a part of a lease's time",
      "give a number between 0 and 1",
    ),
  ];
}

/** What of the pod the injector looks for, and would not find or refuse. */
export function agentInPodProblems(
  injector: InjectorOptions = {},
  containers: readonly Container[],
  volumes: readonly string[] | undefined,
): PodProblem[] {
  const names = containers.map(({ name }) => name);
  const { containers: asked, copyVolumeMounts, runAsSameUser, serviceAccountTokenVolumeName: token } = injector;
  const known = (name: string): boolean => names.includes(name) || ![name, ...names].every(plain);
  // What is in `raw` is not looked at.
  const { securityContext, raw = {} } = containers[0] ?? {};
  const user = "securityContext" in raw ? undefined : securityContext?.runAsUser;
  const isSame = runAsSameUser === true && !("securityContext" in raw);
  return [
    ...said(
      "injector.containers",
      asked?.length === 0 ? "is an empty list: no container would get the files" : undefined,
      "name the containers that get them, or leave it out for all",
    ),
    ...(asked ?? []).flatMap((name) =>
      said(
        `injector.containers ${show(name)}`,
        known(name) ? undefined : `names no container of the pod: it has ${names.join(", ")}`,
        "write the name of a container",
      ),
    ),
    ...said(
      `injector.copyVolumeMounts ${show(copyVolumeMounts)}`,
      copyVolumeMounts === undefined || known(copyVolumeMounts)
        ? undefined
        : `names no container of the pod: it has ${names.join(", ")}`,
      "write the name of a container",
    ),
    ...said(
      "injector.runAsSameUser",
      !isSame || (user !== undefined && user !== 0)
        ? undefined
        : `needs the user of the container ${show(names[0])}, which is ${user === 0 ? "root" : "not given"}: the injector refuses the pod`,
      "give it `securityContext.runAsUser`, another than 0",
    ),
    ...said(
      `injector.serviceAccountTokenVolumeName ${show(token)}`,
      token === undefined || token === TOKEN_VOLUME || volumes === undefined || volumes.includes(token) || !plain(token)
        ? undefined
        : "names no volume of the pod: the injector refuses the pod",
      "leave it out: the pod has a volume with a token of the cluster's audience",
    ),
  ];
}

/** Annotations of the injector that are given by hand, and that it does not know: it would ignore them without a word. */
export function handAnnotationProblems(annotations: Readonly<Record<string, string>> = {}): PodProblem[] {
  return [
    ...unknownAnnotations(Object.keys(annotations)).flatMap((key) =>
      said(`annotation ${show(key)}`, "is none that the injector knows", "correct it; `injector` has each by name"),
    ),
    ...said(
      `annotation ${show(`${PREFIX}agent-inject`)}`,
      ["true", undefined].includes(annotations[`${PREFIX}agent-inject`])
        ? undefined
        : `is ${show(annotations[`${PREFIX}agent-inject`])}: the pod would start without its files`,
      "leave it out",
    ),
  ];
}
