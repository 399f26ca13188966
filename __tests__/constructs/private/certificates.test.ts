import { generateKeyPairSync } from "node:crypto";
import { DatabaseAccess, KubernetesAuth, Seal, VaultMode, VaultServer } from "../../../constructs";
import { sandbox } from "../../../examples/shop/environments";
import { ClusterAccess, VaultConfigStack } from "../../../stacks";
import { CA, ENDED_CA, OTHER_CA, SERVER_CERTIFICATE } from "../../support/certificates";
import { Block, findingsOfRefusal, synthesize } from "../../support/program";
import { World } from "../../support/world";

const KEY = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();

/** Each option that takes certificates. */
const PLACES: readonly (readonly [option: string, give: (world: World, pem: string) => unknown])[] = [
  ["`ca`", (world, ca) => world.server("other", { ca })],
  [
    "`ca`",
    (world, ca) =>
      DatabaseAccess.fromMount(world.access, "far", {
        ...{ mountPath: "database/x/y", databaseName: "x", endpoint: { host: "a.example.com" } },
        ca,
      }),
  ],
  [
    "`kubernetesCaCert`",
    (world, kubernetesCaCert) =>
      new KubernetesAuth(world.config, "us", { kubernetesHost: "https://us.example.com", kubernetesCaCert }),
  ],
  [
    "`jwksCaCert`",
    (world, jwksCaCert) =>
      new KubernetesAuth(world.config, "us", {
        ...{ issuer: "https://us.example.com", jwksUrl: "https://us.example.com/keys" },
        jwksCaCert,
      }),
  ],
  [
    "`values.injector.certs.caBundle`",
    (world, caBundle) =>
      new VaultServer(world.config, "v", {
        mode: VaultMode.dev(),
        values: { injector: { certs: { secretName: "s", caBundle } } },
      }),
  ],
];

/** What is no certificate, and what is said of it. */
const WRONG: readonly (readonly [name: string, text: string, said: string])[] = [
  ["what is no PEM", "a text of somebody who meant something else", "is not PEM"],
  ["the path of a file", "/etc/ssl/ca.pem", "is the path of a file, not its content"],
  ["a private key", KEY, "holds a private key"],
  ["a private key behind a certificate", CA + KEY, "holds a private key"],
  [
    "PEM that holds nothing",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "cannot be read: the certificate in it is not X.509 in PEM",
  ],
  ["the second that is cut", CA + OTHER_CA.slice(0, 300), "cannot be read: certificate 2 of the 2 in it is not X.509"],
  ["a certificate in one line", CA.replace(/\n/g, " "), "cannot be read: the certificate in it is not X.509 in PEM"],
  ["one whose line ends are two characters", CA.replace(/\n/g, "\\n"), "has the two characters \\n where lines end"],
  ["one that is indented", CA.replace(/^/gm, "  "), "has text before -----BEGIN in its line"],
  ["a request", CA.replace(/CERTIFICATE/g, "CERTIFICATE REQUEST"), 'holds a block "CERTIFICATE REQUEST"'],
  ["half of a character", `${CA}\ud800`, "holds half of a surrogate pair"],
];

describe("certificates that nobody could read", () => {
  test.each(WRONG)("%s", (_, text, said) => {
    for (const [option, give] of PLACES) {
      const findings = findingsOfRefusal((app) => {
        const world = new World(app);
        world.identity("bystander");
        give(world, text);
      }).filter(({ code }) => code === "certificate");
      expect(findings.map(({ message }) => message)).toEqual([expect.stringContaining(`${option} ${said}`)]);
      // What was given may be a secret.
      expect(JSON.stringify(findings)).not.toContain(text.slice(-20));
      expect(findings[0].sources.join()).toMatch(/certificates\.test\.ts:\d+|support\/world\.ts:\d+/);
    }
    expect(() => ClusterAccess.gke({ host: "https://k", caCertificate: text })).toThrow(said);
    expect(() => ClusterAccess.aks({ host: "https://k", caCertificate: text })).toThrow(said);
  });

  test("base64 is what the chart asks for, and nobody else", () => {
    const encoded = Buffer.from(CA).toString("base64");
    for (const [option, give] of PLACES.slice(0, -1))
      expect(findingsOfRefusal((app) => void give(new World(app), encoded))[0].message).toContain(
        `${option} is in base64, as kubeconfigs hold it`,
      );
  });

  test("an empty text", () => {
    const said = findingsOfRefusal((app) => void new World(app).server("other", { ca: "" }));
    expect(said[0].message).toBe("`ca` is empty");
  });

  test("libpq needs a CA; Vault and kubectl take the certificate of the server itself", () => {
    const [found] = findingsOfRefusal((app) => void new World(app).server("other", { ca: SERVER_CERTIFICATE }));
    expect(found.message).toContain("holds a server's certificate and no CA");
    synthesize((app) => void PLACES[2][1](new World(app), SERVER_CERTIFICATE), { skipValidation: true });
    synthesize((app) => void new World(app).server("other", { ca: SERVER_CERTIFICATE + CA }), { skipValidation: true });
  });
});

test("what can be read is let through: two of them, text around them, other line ends", () => {
  for (const pem of [CA + OTHER_CA, `# ${OTHER_CA}\n${CA}# é`, CA.replace(/\n/g, "\r\n"), CA.trim()])
    for (const [, give] of PLACES)
      synthesize(
        (app) => {
          const world = new World(app);
          world.identity("bystander");
          give(world, pem);
        },
        { skipValidation: true },
      );
});

test("the webhook's CA reaches the chart in base64, as it asks for it, whichever way it was given", () => {
  const encoded = Buffer.from(CA).toString("base64");
  for (const caBundle of [CA, encoded]) {
    const { who } = synthesize((app) => void PLACES[4][1](new World(app), caBundle), { skipValidation: true });
    const [values] = (who.only("helm_release") as { values: string[] }).values;
    expect((JSON.parse(values) as { injector: Block }).injector.certs).toEqual({ secretName: "s", caBundle: encoded });
  }
});

test("a certificate of the webhook without its CA is warned of, unless somebody else writes it", () => {
  const warned = (injector: object): readonly string[] =>
    synthesize(
      (app) => {
        const world = new World(app);
        world.identity("bystander");
        new VaultServer(world.config, "v", { mode: VaultMode.dev(), values: { injector } });
      },
      { skipValidation: true },
    ).who.warnings.filter((text) => text.startsWith("certificate"));
  expect(warned({ certs: { secretName: "s" } })).toEqual([expect.stringContaining("is given without `caBundle`")]);
  const annotations = { "cert-manager.io/inject-ca-from": "vault/injector" };
  expect(warned({ certs: { secretName: "s" }, webhook: { annotations } })).toEqual([]);
});

test("a CA that has ended is warned of: an old program is synthesized as it was", () => {
  const { servers, who } = synthesize(
    (app) => {
      const world = new World(app);
      world.identity("bystander");
      world.server("other", { ca: CA + ENDED_CA });
    },
    { skipValidation: true },
  );
  expect([...(servers?.warnings ?? []), ...who.warnings]).toContainEqual(
    expect.stringMatching(/certificate: `ca` holds a certificate that ended on 2025-01-01: "CN=CA that has ended"/),
  );
});

describe("a path of a file", () => {
  const at = (caCertFile: string) => ({ ...sandbox, vault: { ...sandbox.vault, caCertFile } });

  test.each<[string, string, string]>([
    ["the text of a certificate", CA, "is the text of a file, not the path of one"],
    ["nothing", "", "is empty"],
  ])("is not %s", (_, path, said) => {
    const [server] = findingsOfRefusal((app) => void new World(app).server("other", { caFile: path }));
    expect(server.message).toBe(`\`caFile\` ${said}`);
    const [vault] = findingsOfRefusal((app) => {
      const config = new VaultConfigStack(app, "x", { environment: at(path) });
      new KubernetesAuth(config, "eu");
    });
    expect(vault.message).toBe(`\`environment.vault.caCertFile\` ${said}`);
    expect(() => Seal.transit({ address: "https://v", keyName: "k", caCertFile: path })).toThrow(said);
  });
});
