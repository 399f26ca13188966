import { DatabaseAccess, KubernetesAuth } from "../../../constructs";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { World } from "../../support/world";

const far = { host: "far.example.com", port: 5432 };
const endpoint = (...clusters: string[]) => ({
  host: "db.example.com",
  fromClusters: Object.fromEntries(clusters.map((name) => [name, far])),
});

test("an address for pods of a cluster that is not there is refused: those that are meant would use another", () => {
  const [server, mount, ...more] = findingsOfRefusal((app) => {
    const world = new World(app);
    world.identity("web");
    world.server("other", { endpoint: endpoint("eu", "ue") });
    DatabaseAccess.fromMount(world.config, "far", {
      mountPath: "database/x",
      databaseName: "x",
      endpoint: endpoint("us"),
    });
  })
    .filter(({ code }) => code === "credential-endpoint")
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  expect(server.message).toBe('`fromClusters` names the cluster "ue", which this program does not have: it has eu');
  expect(server.path).toBe("servers/other");
  expect(server.sources.join()).toMatch(/world\.ts:\d+/);
  expect(mount.message).toContain('names the cluster "us"');
  expect(mount.sources.join()).toMatch(/cluster-names\.test\.ts:\d+/);
  expect(more).toEqual([]);
});

test("a cluster is there by its KubernetesAuth, by that of another program, and by an identity in it, wherever they stand", () => {
  synthesize(
    (app) => {
      const world = new World(app);
      world.server("other", { endpoint: endpoint("eu", "us") });
      world.identity("web");
      KubernetesAuth.fromAttributes(world.config, "usa", { clusterName: "us" });
    },
    { skipValidation: true },
  );
});
