import { Duration, InjectorOptions, Reload } from "../../../constructs";
import { longKeys, PREFIX, renderAnnotations } from "../../../constructs/injection/annotations";
import { PLAYED } from "../../../bench/injector/annotations";

const rendered = (options: InjectorOptions): Record<string, string> => renderAnnotations(options, []);

test("minimal definition: nothing but the wish to be injected", () => {
  expect(rendered({})).toEqual({ "vault.hashicorp.com/agent-inject": "true" });
});

test("an option that is left undefined is none", () => {
  expect(rendered({ service: undefined, logLevel: undefined })).toEqual(rendered({}));
});

test("every value is text, as the injector reads it", () => {
  expect(
    rendered({
      containers: ["a", "b"],
      prePopulate: false,
      goMaxProcs: 2,
      templateLeaseRenewalThreshold: 0.5,
      revokeGrace: Duration.minutes(2),
      clientTimeout: Duration.minutes(2),
      limitsCpu: "",
      telemetry: { "statsd-address": "s:1" },
      authConfig: { "token-path": "/t" },
    }),
  ).toEqual({
    "vault.hashicorp.com/agent-inject": "true",
    "vault.hashicorp.com/agent-inject-containers": "a,b",
    "vault.hashicorp.com/agent-pre-populate": "false",
    "vault.hashicorp.com/go-max-procs": "2",
    "vault.hashicorp.com/template-lease-renewal-threshold": "0.5",
    "vault.hashicorp.com/agent-revoke-grace": "120",
    "vault.hashicorp.com/client-timeout": "2m",
    "vault.hashicorp.com/agent-limits-cpu": "",
    "vault.hashicorp.com/agent-telemetry-statsd-address": "s:1",
    "vault.hashicorp.com/auth-config-token-path": "/t",
  });
});

/** One value for every option: the type sees to it that none is forgotten. */
const EVERY: Required<InjectorOptions> = {
  ...{ containers: ["a"], agentImage: "i", agentConfigmap: "c", prePopulate: true, prePopulateOnly: true },
  ...{ initFirst: true, revokeOnShutdown: true, revokeGrace: Duration.seconds(1), enableQuit: true, injectToken: true },
  ...{ shareProcessNamespace: true, autoAuthExitOnError: true, cacheEnable: true, cacheUseAutoAuthToken: "force" },
  ...{ cacheListenerPort: 1, cacheExitOnError: true, templateExitOnRetryFailure: true },
  ...{ staticSecretRenderInterval: Duration.seconds(1), templateMaxConnectionsPerHost: 1 },
  ...{ templateLeaseRenewalThreshold: 0.1, limitsCpu: "1", limitsMemory: "1", limitsEphemeralStorage: "1" },
  ...{
    requestsCpu: "1",
    requestsMemory: "1",
    requestsEphemeralStorage: "1",
    goMaxProcs: 1,
    runAsUser: 1,
    runAsGroup: 1,
  },
  ...{ runAsSameUser: true, setSecurityContext: true, service: "s", namespace: "n", proxyAddress: "p", tlsSecret: "t" },
  ...{ tlsServerName: "t", caCert: "c", caKey: "k", clientCert: "c", clientKey: "k", clientMaxRetries: 1 },
  ...{ clientTimeout: Duration.seconds(1), logLevel: "info", logFormat: "json", authMinBackoff: Duration.seconds(1) },
  ...{
    authMaxBackoff: Duration.seconds(1),
    extraSecret: "e",
    copyVolumeMounts: "c",
    serviceAccountTokenVolumeName: "v",
  },
  ...{ disableIdleConnections: ["caching"], disableKeepAlives: ["caching"], jsonPatch: "[]", initJsonPatch: "[]" },
  ...{ telemetry: { a: "1" }, authConfig: { a: "1" }, defaultTemplate: "map", secretVolumePath: "/s" },
};

test("every option is an annotation that the injector 1.7 knows, and no two are the same", () => {
  const keys = Object.keys(rendered(EVERY)).map((key) => key.slice(PREFIX.length));
  expect(keys).toHaveLength(Object.keys(EVERY).length + 1);
  // The model's list was recorded from the real injector.
  const known = (key: string): boolean =>
    PLAYED.some((played) => (played.endsWith("-") ? key.startsWith(played) : key === played));
  expect(keys.filter((key) => !known(key))).toEqual([]);
});

test("a secret is its path, its template, and that a missing key is an error", () => {
  const all = { name: "a", path: "p", template: "t", file: "f", perms: "0400", reload: Reload.httpPost({ port: 80 }) };
  expect(Object.entries(renderAnnotations({}, [all])).slice(1)).toEqual([
    ["vault.hashicorp.com/agent-inject-secret-a", "p"],
    ["vault.hashicorp.com/agent-inject-template-a", "t"],
    ["vault.hashicorp.com/error-on-missing-key-a", "true"],
    ["vault.hashicorp.com/agent-inject-file-a", "f"],
    ["vault.hashicorp.com/agent-inject-perms-a", "0400"],
    ["vault.hashicorp.com/agent-inject-command-a", expect.stringContaining("POST to port 80:")],
  ]);
});

test("a key of 63 characters after its prefix passes, one of 64 does not", () => {
  expect(longKeys({ [`x/${"k".repeat(63)}`]: "", ["k".repeat(63)]: "" })).toEqual([]);
  expect(longKeys({ [`x/${"k".repeat(64)}`]: "", ["k".repeat(64)]: "" })).toHaveLength(2);
});
