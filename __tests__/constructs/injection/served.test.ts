import { App } from "cdktf";
import { findingsOf, InjectedDeployment, VaultServerOptions } from "../../../constructs";
import { PlatformStack } from "../../../stacks";
import { CONTAINER, World } from "../../support/world";

/** What is said of a pod in the namespace `shop`, when the injector serves these. */
function said(namespaces: string[], vaultOptions: VaultServerOptions = {}): string[] {
  const app = new App();
  const world = new World(app);
  const { environment } = world;
  const { vault } = new PlatformStack(app, "platform", { environment, namespaces, vault: vaultOptions });
  const identity = world.identity("web");
  new InjectedDeployment(world.workloads, "web", { identity, containers: [CONTAINER], vault });
  return findingsOf(app)
    .filter(({ path }) => path === "workloads/web")
    .map(({ code, severity, message }) => `${severity} ${code}: ${message}`);
}

test("a pod in a namespace that the injector of its Vault does not serve would start without its login", () => {
  expect(said(["shop"])).toEqual([]);
  expect(said(["data", "shops"])).toEqual([
    'warning annotation: the injector of its Vault serves the namespaces data, shops, and not "shop": the pod would start without its login',
  ]);
});

test("namespaces that values of the chart choose, or that the server is told beside the platform's, are not taken for unserved", () => {
  const values = { injector: { webhook: { namespaceSelector: { matchLabels: { inject: "yes" } } } } };
  expect(said(["data"], { values })).toEqual([]);
  expect(said(["data"], { injectNamespaces: ["data", "shop"] })).toEqual([]);
});
