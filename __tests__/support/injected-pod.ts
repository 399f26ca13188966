/** What every injected pod has, whoever makes it. `injected-deployment.test.ts` shows a whole one. */
const ANNOTATIONS = {
  "vault.hashicorp.com/agent-init-first": "true",
  "vault.hashicorp.com/agent-inject": "true",
  "vault.hashicorp.com/agent-pre-populate-only": "true",
  "vault.hashicorp.com/agent-requests-cpu": "25m",
  "vault.hashicorp.com/agent-service-account-token-volume-name": "vault-token",
  "vault.hashicorp.com/auth-max-backoff": "10s",
  "vault.hashicorp.com/auth-path": "auth/kubernetes-eu",
  "vault.hashicorp.com/auth-type": "kubernetes",
  "vault.hashicorp.com/client-max-retries": "2",
};
const TOKEN = { audience: "vault", expiration_seconds: 3600, path: "token" };
const TOKEN_VOLUME = { name: "vault-token", projected: [{ sources: [{ service_account_token: TOKEN }] }] };
const SPEC = { automount_service_account_token: false, enable_service_links: false };

interface Workload {
  readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
}

/** The workload without that, which must be there. */
export function withoutCommonParts(workload: unknown): unknown {
  const { spec, ...object } = workload as Workload;
  const { metadata, spec: pod } = spec.template as {
    metadata: { annotations: object };
    spec: { volume: readonly unknown[] };
  };
  expect(metadata.annotations).toMatchObject(ANNOTATIONS);
  expect(pod).toMatchObject(SPEC);
  expect(pod.volume[0]).toEqual(TOKEN_VOLUME);
  const without = (given: object, common: object): object =>
    Object.fromEntries(Object.entries(given).filter(([name]) => !(name in common)));
  return {
    ...object,
    spec: {
      ...spec,
      template: {
        metadata: { ...metadata, annotations: without(metadata.annotations, ANNOTATIONS) },
        spec: { ...without(pod, SPEC), volume: pod.volume.slice(1) },
      },
    },
  };
}
