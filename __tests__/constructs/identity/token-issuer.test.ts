import { App } from "cdktf";
import { generateKeyPairSync } from "node:crypto";
import { PLACES } from "../../../examples/clusters/clusters";
import { accessReportOf, Credential, KubernetesAuth, KubernetesAuthProps, WorkloadIdentity } from "../../../constructs";
import { diffReports } from "../../../access/diff/diff";
import { clocksOf } from "../../../access/questions/clocks";
import { renderReportCsv } from "../../../render/csv";
import { viewOf } from "../../../render/report-view";
import { CA, OTHER_CA } from "../../support/certificates";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { World } from "../../support/world";

const { issuer, publicKey } = PLACES.ap;
const KEYS: KubernetesAuthProps = { issuer, publicKeys: [publicKey] };
const pem = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString();

function program(app: App, props: KubernetesAuthProps = KEYS): World {
  const world = new World(app);
  const cluster = new KubernetesAuth(world.config, "ap", props);
  const web = world.identity("web", { cluster });
  world.db.schema("sales").table("wizard").grants.read(web);
  world.deployment(web, [Credential.uri(world.db)]);
  return world;
}

const reportOf = (props?: KubernetesAuthProps) => {
  const app = new App();
  program(app, props);
  return accessReportOf(app);
};

describe("a cluster whose tokens Vault checks by the keys of their issuer", () => {
  test("has a JWT auth method, and a role that takes the tokens of one ServiceAccount", () => {
    const { who, workloads } = synthesize((app) => void program(app));
    expect(who.census).toMatchObject({ vault_jwt_auth_backend: 1, vault_jwt_auth_backend_role: 1 });
    expect(who.census).not.toHaveProperty("vault_kubernetes_auth_backend_role");
    expect(who.only("vault_jwt_auth_backend")).toEqual({
      type: "jwt",
      path: "kubernetes-ap",
      description: "Kubernetes cluster ap",
      bound_issuer: issuer,
      jwt_validation_pubkeys: [publicKey.trim()],
    });
    const { depends_on: after, ...role } = who.only("vault_jwt_auth_backend_role");
    expect(after).toHaveLength(1);
    expect(role).toEqual({
      backend: "kubernetes-ap",
      role_name: "shop.web",
      role_type: "jwt",
      bound_audiences: ["vault"],
      bound_subject: "system:serviceaccount:shop:web",
      user_claim: "/kubernetes.io/serviceaccount/uid",
      user_claim_json_pointer: true,
      clock_skew_leeway: 60,
      expiration_leeway: -1,
      not_before_leeway: -1,
      token_ttl: 3600,
      token_max_ttl: 86400,
      token_policies: ["leasehold_ap_shop_web_database.main.shop"],
    });
    // Nobody asks after the pod, so its token is as short as Kubernetes allows. The agent's login is the same as everywhere.
    expect(workloads.text).toContain('"expiration_seconds": 600');
    expect(workloads.text).toContain('"vault.hashicorp.com/auth-path": "auth/kubernetes-ap"');
    expect(workloads.text).toContain('"vault.hashicorp.com/auth-type": "kubernetes"');
    expect(workloads.census).not.toHaveProperty("kubernetes_cluster_role_binding_v1");
  });

  test("or fetches the keys; one of another program has the role alone", () => {
    const fetched = synthesize(
      (app) => void program(app, { issuer, jwksUrl: "https://ap.example.com/keys", jwksCaCert: `${CA}# \${CA}` }),
    ).who;
    expect(fetched.only("vault_jwt_auth_backend")).toMatchObject({
      jwks_url: "https://ap.example.com/keys",
      jwks_ca_pem: `${CA}# $\${CA}`,
    });
    const { who } = synthesize((app) => {
      const world = new World(app);
      const cluster = KubernetesAuth.fromAttributes(world.config, "ap", { issuer });
      new WorkloadIdentity(world.config, "web", { cluster, namespace: "shop" });
    });
    expect(Object.keys(who.census).filter((type) => type.includes("auth"))).toEqual(["vault_jwt_auth_backend_role"]);
  });

  test("stands in the report with issuer, keys, and how long a deleted pod's token works", () => {
    const report = reportOf();
    const [identity] = report.graph.identities;
    expect(identity).toMatchObject({ tokenIssuer: issuer, deletedPodToken: 660 });
    expect(identity).not.toHaveProperty("authHost");
    expect(identity.issuerKeys).toEqual([expect.stringMatching(/^sha256:[0-9a-f]{64}$/)]);
    expect(report.unclassified.map(({ type }) => type)).not.toContain("vault_jwt_auth_backend");
    const sections = viewOf(report)
      .sections.map(({ title, rows }) => `${title} ${JSON.stringify(rows)}`)
      .join("\n");
    expect(sections).toContain("logs in for 11m");
    expect(JSON.stringify(viewOf(report).matrix.rows.map((cells) => cells))).toContain("1h/24h, deleted pod 11m");
    expect(sections).toContain(`key ${identity.issuerKeys?.[0]}`);
    expect(renderReportCsv(report)).toContain('"86400","660"');
    const clocks = clocksOf(report.graph, "shop/web").identities[0].lines;
    expect(clocks).toContainEqual(expect.objectContaining({ clock: "deleted pod", seconds: 660 }));
  });
});

describe("the diff", () => {
  const kinds = (before: KubernetesAuthProps, after: KubernetesAuthProps) => {
    const { changes, unclassified } = diffReports(reportOf(before), reportOf(after));
    return {
      login: changes.filter(({ privileges }) => privileges.includes("LOGIN")).map(({ verdict }) => verdict),
      clocks: changes.flatMap(({ verdict, clocks }) =>
        clocks.map((one) => [verdict, one.clock, one.before, one.after]),
      ),
      unclassified: unclassified.length,
    };
  };
  const review: KubernetesAuthProps = {};
  const other = pem();

  test("of a cluster that moves from review to keys: who comes in is said by others, and deleted pods' tokens work on", () => {
    const { login, clocks } = kinds(review, KEYS);
    expect(login).toContain("broadened");
    expect(new Set(clocks.map(String))).toEqual(new Set(["longer,deleted pod,0,660"]));
    expect(new Set(kinds(KEYS, review).clocks.map(String))).toEqual(new Set(["shorter,deleted pod,660,0"]));
  });

  test.each<[string, KubernetesAuthProps, KubernetesAuthProps, string[]]>([
    ["a key more lets its holder in", KEYS, { issuer, publicKeys: [publicKey, other] }, ["broadened"]],
    ["a key less does not", { issuer, publicKeys: [publicKey, other] }, KEYS, ["narrowed"]],
    ["another key does both", KEYS, { issuer, publicKeys: [other] }, ["broadened", "narrowed"]],
    [
      "another issuer does both",
      KEYS,
      { issuer: "https://other.example.com", publicKeys: [publicKey] },
      ["broadened", "narrowed"],
    ],
    [
      "keys that are fetched with another CA do both",
      { issuer, jwksUrl: "https://ap.example.com/keys", jwksCaCert: CA },
      { issuer, jwksUrl: "https://ap.example.com/keys", jwksCaCert: OTHER_CA },
      ["broadened", "narrowed"],
    ],
    ["the same key with other white space does nothing", KEYS, { issuer, publicKeys: [`\n${publicKey}\n`] }, []],
  ])("%s", (_, before, after, login) => {
    expect(kinds(before, after)).toEqual({ login, clocks: [], unclassified: 0 });
  });
});

describe("is refused", () => {
  const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  test.each<[string, KubernetesAuthProps, RegExp]>([
    ["without keys", { issuer }, /`issuer` is given without keys/],
    ["with keys of two kinds", { ...KEYS, jwksUrl: "https://a/b" }, /`publicKeys` and `jwksUrl` are both given/],
    ["with a private key", { issuer, publicKeys: [privateKey] }, /one of `publicKeys` is a private key/],
    ["with what is no key", { issuer, publicKeys: ["key"] }, /one of `publicKeys` is not one public key in PEM/],
    ["with two keys in one text", { issuer, publicKeys: [pem() + pem()] }, /is not one public key in PEM/],
    ["with a key that is known later", { issuer, publicKeys: ["${data.x.y.z}"] }, /is not one public key in PEM/],
    ["with an issuer of http", { ...KEYS, issuer: "http://ap.example.com" }, /is not an https address/],
    ["with keys over http", { issuer, jwksUrl: "http://a/b" }, /jwksUrl "http:\/\/a\/b" is not an https address/],
    ["with a CA and no URL", { ...KEYS, jwksCaCert: CA }, /`jwksCaCert` is given without `jwksUrl`/],
    ["with the issuer as audience", { ...KEYS, audience: issuer }, /is the issuer: each token that a pod gets/],
    ["beside an own review", { ...KEYS, clientReviewsItself: true, audience: "x" }, /beside `clientReviewsItself`/],
    ["beside an API server", { ...KEYS, kubernetesHost: "https://k.example.com" }, /beside `kubernetesHost` or/],
    ["without an issuer", { publicKeys: [publicKey] }, /`publicKeys` is given without `issuer`/],
  ])("%s", (_, props, message) => {
    const findings = findingsOfRefusal((app) => void program(app, props));
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: "token-issuer",
        path: "who/ap",
        message: expect.stringMatching(message) as string,
      }),
    );
    expect(JSON.stringify(findings)).not.toContain(JSON.stringify(privateKey).slice(40, 80));
  });

  test("a key that another cluster has, too: its tokens would log in as the other's workloads", () => {
    const findings = findingsOfRefusal((app) => {
      const world = program(app);
      new KubernetesAuth(world.config, "asia", { issuer: "https://asia.example.com", publicKeys: [publicKey] });
    });
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: "token-issuer",
        message: expect.stringMatching(/^key of an issuer sha256:\w+ is given 2 times: who\/ap, who\/asia$/) as string,
      }),
    );
  });
});
