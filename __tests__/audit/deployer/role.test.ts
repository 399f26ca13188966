import { generateKeyPairSync, sign } from "node:crypto";
import { startVault, VaultServer } from "../../../bench";
import { leasehold } from "../../cli/fake-io";

jest.setTimeout(5 * 60_000);

const AUDIENCE = "https://vault.example.com:8200";
const GITHUB = ["--github", "example/shop"];
const GITLAB = ["--gitlab", "example/team/shop"];
const TAIL = ["--audience", AUDIENCE, "--policy", "deployer"];

describe("a role by which a pipeline logs in, on a real Vault", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  let vault: VaultServer;

  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  /** A token as the forge signs it for a job. */
  function jwt(claims: object): string {
    const now = Math.floor(Date.now() / 1000);
    const text = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iss: "https://forge", aud: AUDIENCE, sub: "job", iat: now, nbf: now - 5, exp: now + 300, ...claims })}`;
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
  }
  async function logIn(role: string, claims: object): Promise<readonly string[]> {
    const { auth } = await vault.request("POST", "auth/jwt/login", { role, jwt: jwt(claims) }, null);
    return auth?.policies ?? [];
  }

  beforeAll(async () => {
    vault = await startVault();
    await vault.request("POST", "sys/auth/jwt", { type: "jwt" });
    await vault.request("POST", "auth/jwt/config", {
      jwt_validation_pubkeys: [publicKey.export({ type: "spki", format: "pem" })],
      bound_issuer: "https://forge",
    });
    const roles: Record<string, string[]> = {
      github: [...GITHUB, "--branch", "main", "--environment", "production", ...TAIL],
      "github-requests": [...GITHUB, "--requests", ...TAIL],
      gitlab: [...GITLAB, "--branch", "main", ...TAIL],
      "gitlab-requests": [...GITLAB, "--requests", ...TAIL],
    };
    for (const [name, args] of Object.entries(roles)) {
      const { code, out } = await leasehold(["deployer-role", ...args]);
      expect(code).toBe(0);
      await vault.request("POST", `auth/jwt/role/${name}`, JSON.parse(out) as object);
    }
  });
  afterAll(() => vault?.stop());

  const onMain = { repository: "example/shop", ref: "refs/heads/main", environment: "production", event_name: "push" };
  const inGitlab = { project_path: "example/team/shop", ref: "main", ref_type: "branch", ref_protected: "true" };
  const request = { repository: "example/shop", ref: "refs/pull/7/merge", event_name: "pull_request" };

  test.each<[string, object]>([
    ["github", onMain],
    ["github-requests", request],
    ["gitlab", inGitlab],
    ["gitlab-requests", { ...inGitlab, ref: "topic", ref_protected: "false", pipeline_source: "merge_request_event" }],
  ])("%s lets its jobs in, with the policy and without Vault's default one", async (role, claims) => {
    expect(await logIn(role, claims)).toEqual(["deployer"]);
  });

  test.each<[string, object]>([
    ["github", { ...onMain, ref: "refs/heads/topic" }],
    ["github", { ...onMain, ref: "refs/heads/main2" }],
    ["github", { ...onMain, environment: undefined }],
    ["github", { ...onMain, repository: "example/shop-fork" }],
    ["github", { ...onMain, aud: "https://elsewhere" }],
    ["github", { ...onMain, iss: "https://elsewhere" }],
    ["github", { ...onMain, exp: 1 }],
    ["github", request],
    ["github-requests", onMain],
    ["gitlab", { ...inGitlab, ref_protected: "false" }],
    ["gitlab", { ...inGitlab, ref_type: "tag" }],
    ["gitlab", { ...inGitlab, project_path: "example/team" }],
    ["gitlab-requests", { ...inGitlab, pipeline_source: "push" }],
  ])("%s keeps out %j", async (role, claims) => {
    await expect(logIn(role, claims)).rejects.toMatchObject({ status: 400 });
  });
});

test.each<[string[], string]>([
  [[...TAIL, "--branch", "main"], "one of --github and --gitlab"],
  [[...GITHUB, ...GITLAB, "--branch", "main", ...TAIL], "one of --github and --gitlab"],
  [[...GITHUB, ...TAIL], "one of --branch and --requests"],
  [[...GITHUB, "--branch", "main", "--requests", ...TAIL], "one of --branch and --requests"],
  [[...GITHUB, "--requests", "--environment", "x", ...TAIL], "--environment goes with --branch"],
  [[...GITHUB, "--branch", "main"], "--audience"],
  [[...GITHUB, "--branch", "*", ...TAIL], 'branch "*"'],
  [[...GITHUB, "--branch", "refs/heads/main", ...TAIL], 'branch "refs/heads/main"'],
  [["--github", "example/*", "--branch", "main", ...TAIL], 'repository "example/*"'],
  [["--gitlab", "example", "--branch", "main", ...TAIL], 'project "example"'],
  [[...GITHUB, "--branch", "main", "--audience", AUDIENCE, "--policy", "root"], 'policy "root"'],
])("%j is refused", async (args, message) => {
  const { code, err, out } = await leasehold(["deployer-role", ...args]);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain(message);
});
