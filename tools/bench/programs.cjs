// What npm run bench synthesizes: so many workloads with Leasehold, and the same resources by hand.
const { App } = require("cdktf");

function leasehold(app, count, shards) {
  const lib = require("../../constructs");
  const stacks = require("../../stacks");
  const { sandbox: environment } = require("../../examples/shop/environments");
  const config = new stacks.VaultConfigStack(app, "who", { environment });
  const cluster = new lib.KubernetesAuth(config, "eu");
  const instance = lib.PostgresInstance.fromEndpoint(app, "main", {
    endpoint: { host: "main.example.com" },
    admin: lib.AdminCredential.fromKv("postgres/main/admin"),
    majorVersion: 18,
    sslMode: "disable",
  });
  const databases = new stacks.DatabasesStack(app, "databases", { environment, instance });
  // Each shard is a database with an access stack of its own, and the workloads that use it.
  const all = Array.from({ length: shards }, (_, shard) => {
    const end = shards === 1 ? "" : String(shard);
    const database = new lib.PostgresDatabase(databases, `shop${end}`, { instance });
    const access = new stacks.AccessStack(app, `access${end}`, { environment, database });
    const db = new lib.DatabaseAccess(access, "shop", { database });
    return { db, workloads: new stacks.WorkloadsStack(app, `workloads${end}`, { environment }) };
  });
  for (let i = 0; i < count; i++) {
    const { db, workloads } = all[i % shards];
    const sales = db.schema("sales");
    const identity = new lib.WorkloadIdentity(config, `w${i}`, { cluster, namespace: "shop" });
    sales.table(`t${i % 50}`).grants.read(identity);
    sales.table(`u${i % 50}`).grants.readWrite(identity);
    new lib.InjectedDeployment(workloads, `w${i}`, {
      identity,
      containers: [{ name: "app", image: "registry.example.com/app:1.0.0" }],
      credentials: [lib.Credential.uri(db)],
    });
  }
}

/** The same resources with the classes of the providers. Loaded here, so that the others do not load them. */
const raw = (app, count) => require("./by-hand.ts").byHand(app, count);

/** cdktf and the classes of what Leasehold left in this folder, and no more. */
const bare = (_app, _count, _shards, folder) => require("./as-written.cjs").modulesFor(folder).forEach(require);

const KINDS = { leasehold, raw, bare };
const [, , kind, count, outdir, shards = 1, other] = process.argv;
const app = new App({ outdir });
KINDS[kind](app, Number(count), Number(shards), other);
if (kind !== "bare") app.synth();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS / 1024 }));
