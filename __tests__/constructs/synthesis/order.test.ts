import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { App } from "cdktf";
import { KubernetesAuth, PostgresInstance, WorkloadIdentity, InjectedDeployment } from "../../../constructs";
import { sandbox } from "../../../examples/shop/environments";
import {
  ClusterAccess,
  DatabasesStack,
  IdentitiesStack,
  PlatformStack,
  PostgresStack,
  VaultConfigStack,
  WorkloadsStack,
} from "../../../stacks";
import { synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

const environment = { ...sandbox, vault: { ...sandbox.vault, addressFromTerraform: "http://vault.internal:8200" } };
const order = (build: (app: App) => void): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.values(synthesize(build, { skipValidation: true })).map(({ name, dependencies }) => [name, dependencies]),
  );

/** A program that forgot every `after`, its stacks made in an order of no help. */
function program(app: App, platform: (app: App) => unknown): void {
  const world = new World(app, environment);
  const identity = world.identity("web");
  new InjectedDeployment(new WorkloadsStack(app, "apps", { environment }), "web", {
    identity,
    containers: [CONTAINER],
  });
  new DatabasesStack(app, "databases", { environment, instance: world.instance });
  platform(app);
}

const namespaces = ["shop"];

describe("stacks come after what they name", () => {
  test("a Vault of this program at their address, its mount of passwords, and the namespace of their pods", () => {
    expect(
      order((app) => program(app, () => new PlatformStack(app, "platform", { environment, namespaces }))),
    ).toMatchObject({
      platform: [],
      who: ["platform"],
      databases: ["who"],
      apps: ["who"],
    });
  });

  test("but not after a Vault at another address", () => {
    const there = {
      ...environment,
      vault: { ...environment.vault, addressFromTerraform: "http://other.internal:8200" },
    };
    expect(
      order((app) => program(app, () => new PlatformStack(app, "platform", { environment: there, namespaces }))),
    ).toMatchObject({ who: [], databases: ["who"], apps: ["platform", "who"] });
  });

  test("nor after a namespace of another cluster", () => {
    const us = { ...environment, cluster: ClusterAccess.kubeconfig({ context: "us" }) };
    const made = (app: App): unknown =>
      new NamespaceV1(new WorkloadsStack(app, "namespaces", { environment: us }), "ns", { metadata: { name: "shop" } });
    expect(order((app) => program(app, made))).toMatchObject({ apps: ["who"] });
    const here = (app: App): unknown =>
      new NamespaceV1(new WorkloadsStack(app, "namespaces", { environment }), "ns", { metadata: { name: "shop" } });
    expect(order((app) => program(app, here))).toMatchObject({ apps: ["namespaces", "who"] });
  });

  test("nor in a circle: an order that somebody made stands", () => {
    expect(
      order((app) => {
        const config = new VaultConfigStack(app, "who", { environment });
        new PlatformStack(app, "platform", { environment, namespaces, after: [config] });
      }),
    ).toEqual({ who: [], platform: ["who"] });
  });

  test("a server of this program comes after the mount of its first password", () => {
    expect(
      order((app) => {
        const cluster = KubernetesAuth.fromAttributes(app, "eu");
        const postgres = new PostgresStack(app, "postgres", { environment });
        new PostgresInstance(postgres, "main", { cluster, namespace: "shop" });
        new VaultConfigStack(app, "who", { environment });
        const config = new IdentitiesStack(app, "elsewhere", { environment });
        new WorkloadIdentity(config, "x", { cluster, namespace: "shop" });
      }),
    ).toMatchObject({ postgres: expect.arrayContaining(["who"]) });
  });
});
