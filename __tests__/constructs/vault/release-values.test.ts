import { Seal, VaultMode } from "../../../constructs";
import { mergeValues, releaseValues } from "../../../constructs/vault/release-values";

test("volumes that are given stand beside the server's own; one of the same name or place is instead of it", () => {
  const own = { name: "own", emptyDir: {} };
  const mounts = [
    { name: "own", mountPath: "/own" },
    { name: "own", mountPath: "/tmp", subPath: "tmp" },
  ];
  const mode = VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() });
  const { volumes, volumeMounts } = (
    releaseValues("vault", { mode, values: { server: { volumes: [own], volumeMounts: mounts } } }) as {
      server: { volumes: { name: string }[]; volumeMounts: { mountPath: string; name: string }[] };
    }
  ).server;
  expect(volumes.map(({ name }) => name)).toEqual(["tls", "tmp", "own"]);
  expect(volumeMounts.map(({ mountPath, name }) => [mountPath, name])).toEqual([
    ["/vault/userconfig/tls", "tls"],
    ["/tmp", "own"],
    ["/own", "own"],
  ]);
});

test("no container of the release changes its image's files", () => {
  for (const mode of [VaultMode.dev(), VaultMode.standalone(), VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() })])
    expect(releaseValues("vault", { mode })).toMatchObject({
      server: { statefulSet: { securityContext: { container: { readOnlyRootFilesystem: true } } } },
      injector: { securityContext: { container: { readOnlyRootFilesystem: true } } },
    });
});

test("a server of every mode asks for memory and has a limit", () => {
  for (const mode of [VaultMode.dev(), VaultMode.standalone(), VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() })])
    expect(releaseValues("vault", { mode })).toMatchObject({
      server: { resources: { requests: { memory: expect.any(String) }, limits: { memory: expect.any(String) } } },
    });
});

describe("merged values", () => {
  test("are joined object by object; lists are replaced whole; what is undefined changes nothing", () => {
    expect(
      mergeValues(
        { injector: { replicas: 1, tolerations: [{ key: "a" }, { key: "b" }] }, ui: { enabled: false } },
        { injector: { replicas: undefined, tolerations: [{ key: "c" }] } },
        {},
      ),
    ).toEqual({ injector: { replicas: 1, tolerations: [{ key: "c" }] }, ui: { enabled: false } });
  });
});
