import { execFileSync } from "node:child_process";
import { findTool } from "../../../bench/machine/tools";
import { subjectOf } from "../../../audit/effective/finding";
import { rulesOf } from "../../../access/rules/policy-text";
import { HARMLESS_WRITES, writesToSystem } from "../../../audit/doctor/vault-writes";
import { VAULT_FIELDS } from "./vault-fields";
import { World } from "./world";

jest.setTimeout(20 * 60_000);

const POLICY = "leasehold_eu_shop_web_database.main.shop";
const MOUNT = "database/main/shop";
const ROLE = "auth/kubernetes-eu/role/shop.web";

type Body = Record<string, unknown>;

/** Of what Vault says of itself, what is read here. */
interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      | {
          post?: { requestBody?: { content: Record<string, { schema?: { $ref?: string } }> } };
          put?: object;
          delete?: object;
          patch?: object;
        }
      | undefined
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, { properties?: Body } | undefined>> };
}

interface Case {
  readonly name: string;
  /** Requests in their order; a body of `null` deletes. */
  readonly make: readonly (readonly [string, Body | null])[];
  /** Code and object of each finding. */
  readonly finds: readonly string[];
  readonly undo: readonly (readonly [string, Body | null])[];
  /** Put back as it was read before. */
  readonly keep?: string;
}

const CASES: readonly Case[] = [
  {
    name: "auth roles of other methods, users and roles of tokens that bind anybody to a reader's policy",
    make: [
      ["sys/auth/evil", { type: "approle" }],
      ["auth/evil/role/evil", { token_policies: [POLICY] }],
      ["sys/auth/people", { type: "userpass" }],
      ["auth/people/users/evil", { password: "very-secret", policies: POLICY }],
      [
        "auth/kubernetes-eu/role/evil",
        {
          bound_service_account_names: "*",
          bound_service_account_namespaces: "*",
          token_policies: [POLICY],
          audience: "vault",
        },
      ],
      ["auth/token/roles/evil", { allowed_policies_glob: ["leasehold_eu_shop_web*"] }],
    ],
    finds: [
      `policy-holder vault path auth/evil/role/evil with ${POLICY}`,
      `policy-holder vault path auth/kubernetes-eu/role/evil with ${POLICY}`,
      `policy-holder vault path auth/people/users/evil with ${POLICY}`,
      `policy-holder vault path auth/token/roles/evil with ${POLICY}`,
    ],
    undo: [
      ["sys/auth/evil", null],
      ["sys/auth/people", null],
      ["auth/kubernetes-eu/role/evil", null],
      ["auth/token/roles/evil", null],
    ],
  },
  {
    name: "an entity and a group with a reader's policy",
    make: [
      ["identity/entity/name/evil", { policies: [POLICY] }],
      ["identity/group/name/evil", { policies: [POLICY] }],
    ],
    finds: ["policy-holder vault path identity/entity/id/", "policy-holder vault path identity/group/id/"],
    undo: [
      ["identity/entity/name/evil", null],
      ["identity/group/name/evil", null],
    ],
  },
  {
    name: "every field of our own auth role",
    keep: ROLE,
    make: [
      [
        ROLE,
        {
          bound_service_account_names: ["web"],
          bound_service_account_namespaces: ["shop"],
          bound_service_account_namespace_selector: '{"matchLabels":{"a":"b"}}',
          audience: "",
          alias_name_source: "serviceaccount_name",
          token_period: 3600,
          token_policies: [POLICY],
          token_type: "service",
          token_num_uses: 0,
          token_explicit_max_ttl: 7200,
          token_bound_cidrs: ["10.0.0.0/8"],
        },
      ],
    ],
    finds: [
      "alias_name_source",
      "audience",
      "bound_service_account_namespace_selector",
      "token_bound_cidrs",
      "token_explicit_max_ttl",
      "token_period",
      "token_type",
    ].map((field) => `auth-role-differs vault path ${field} of ${ROLE}`),
    undo: [],
  },
  {
    name: "policies that may make somebody a holder, by one name, in another method, by an alias, or as a token of its own",
    make: [
      ["sys/auth/people", { type: "userpass" }],
      ...[
        'path "auth/people/users/me" { capabilities = ["update"] }',
        'path "sys/policies/acl/team-*" { capabilities = ["update"] }',
        'path "sys/policies/acl/default" { capabilities = ["update"] }',
        'path "identity/entity-alias" { capabilities = ["update"] }',
        'path "auth/token/create-orphan" { capabilities = ["update", "sudo"] }',
        'path "sys/audit/spy" { capabilities = ["update", "sudo"] }',
        'path "sys/remount" { capabilities = ["update", "sudo"] }',
        'path "sys/auth/kubernetes-eu/tune" { capabilities = ["update", "sudo"] }',
        'path "identity/group/id/+" { capabilities = ["update"] }',
        'path "auth/people/users/+/policies" { capabilities = ["update"] }',
        'path "sys/plugins/catalog/auth/kubernetes" { capabilities = ["update", "sudo"] }',
        'path "identity/alias/id/+" { capabilities = ["update"] }',
      ].map((policy, n) => [`sys/policies/acl/evil${n}`, { policy }] as const),
      ["sys/policies/acl/harmless", { policy: 'path "auth/token/lookup-self" { capabilities = ["read"] }' }],
    ],
    finds: Array.from({ length: 12 }, (_, n) => `policy-reaches vault path sys/policies/acl/evil${n}`),
    undo: [
      ["sys/auth/people", null],
      ...Array.from({ length: 12 }, (_, n) => [`sys/policies/acl/evil${n}`, null] as const),
      ["sys/policies/acl/harmless", null],
    ],
  },
  {
    name: "how our mount and our auth method are tuned, and a method whose configuration gives our policy to all",
    make: [
      [`sys/mounts/${MOUNT}/tune`, { audit_non_hmac_response_keys: ["password"] }],
      ["sys/auth/kubernetes-eu/tune", { passthrough_request_headers: ["x-evil"] }],
      ["sys/auth/radius", { type: "radius" }],
      ["auth/radius/config", { host: "evil.example.com", secret: "very-secret", unregistered_user_policies: POLICY }],
    ],
    finds: [
      `mount-differs vault path audit_non_hmac_response_keys of ${MOUNT}`,
      "mount-differs vault path passthrough_request_headers of auth/kubernetes-eu",
      `policy-holder vault path auth/radius/config with ${POLICY}`,
    ],
    undo: [
      [`sys/mounts/${MOUNT}/tune`, { audit_non_hmac_response_keys: [] }],
      ["sys/auth/kubernetes-eu/tune", { passthrough_request_headers: [] }],
      ["sys/auth/radius", null],
    ],
  },
  {
    name: "an audit device that writes passwords as they are, and a policy that reads the password of Terraform's login",
    make: [
      ["sys/audit/spy", { type: "file", options: { file_path: "discard", log_raw: "true" } }],
      ["sys/policies/acl/evil", { policy: 'path "leasehold/data/*" { capabilities = ["read"] }' }],
      // The policy of the server's pods, widened.
      [
        "sys/policies/acl/leasehold-postgres-main",
        { policy: 'path "leasehold/+/postgres/*" { capabilities = ["read"] }' },
      ],
    ],
    finds: [
      "audit-device vault path log_raw of sys/audit/spy",
      "policy-reaches vault path sys/policies/acl/evil",
      "policy-reaches vault path sys/policies/acl/leasehold-postgres-main",
    ],
    undo: [
      ["sys/audit/spy", null],
      ["sys/policies/acl/evil", null],
      ["sys/policies/acl/leasehold-postgres-main", null],
    ],
  },
  {
    name: "the configuration of our auth method",
    keep: "auth/kubernetes-eu/config",
    make: [
      [
        "auth/kubernetes-eu/config",
        {
          kubernetes_host: "https://evil.example.com",
          issuer: "evil",
          disable_local_ca_jwt: true,
          disable_iss_validation: true,
          token_reviewer_jwt: "very-secret",
          use_annotations_as_alias_metadata: true,
        },
      ],
    ],
    finds: ["disable_iss_validation", "issuer", "kubernetes_host", "use_annotations_as_alias_metadata"].map(
      (field) => `auth-config-differs vault path ${field} of auth/kubernetes-eu/config`,
    ),
    undo: [],
  },
  {
    name: "the policy default, widened, and others that reach our paths, in HCL and JSON",
    keep: "sys/policies/acl/default",
    make: [
      ["sys/policies/acl/default", { policy: 'path "database/+/shop/creds/*" { capabilities = ["read"] }' }],
      [
        "sys/policies/acl/evil",
        { policy: JSON.stringify({ path: { [`${MOUNT}/roles/*`]: { capabilities: ["update"] } } }) },
      ],
      ["sys/policies/acl/evil2", { policy: 'path "auth/kubernetes-eu/role/*" { policy = "write" }' }],
      ["sys/policies/acl/evil3", { policy: 'path "*" { capabilities = ["create", "read", "sudo"] }' }],
      // Denied, elsewhere, or without what does harm.
      [
        "sys/policies/acl/good",
        {
          policy: `path "database/*" { capabilities = ["read"] } path "${MOUNT}/*" { capabilities = ["deny"] } path "database/ledger/*" { capabilities = ["deny"] }`,
        },
      ],
    ],
    finds: ["default", "evil", "evil2", "evil3"].map((name) => `policy-reaches vault path sys/policies/acl/${name}`),
    undo: ["evil", "evil2", "evil3", "good"].map((name) => [`sys/policies/acl/${name}`, null] as const),
  },
  {
    name: "the connection: template, password policy, rotation statements, another host's parameters; a second one, and a static role",
    keep: `${MOUNT}/config/postgresql`,
    make: [
      ["sys/policies/password/evil", { policy: 'length = 20 rule "charset" { charset = "ab" }' }],
      [
        `${MOUNT}/config/postgresql`,
        {
          plugin_name: "postgresql-database-plugin",
          verify_connection: false,
          allowed_roles: "*",
          username_template: "v-{{.DisplayName}}",
          password_policy: "evil",
          root_rotation_statements: ["SELECT 1"],
          connection_url:
            "postgresql://{{username}}:{{password}}@127.0.0.1:1/shop?sslmode=disable&host=evil.example.com",
        },
      ],
      [
        `${MOUNT}/config/evil`,
        {
          plugin_name: "postgresql-database-plugin",
          verify_connection: false,
          allowed_roles: "*",
          connection_url: "postgresql://evil",
          username: "u",
          password: "very-secret",
        },
      ],
    ],
    finds: [
      ...["connection_url", "password_policy", "root_credentials_rotate_statements", "username_template"].map(
        (field) => `connection-differs vault path ${field} of ${MOUNT}/config/postgresql`,
      ),
      `connection-differs vault path verify_connection of ${MOUNT}/config/postgresql`,
      `connection-differs vault path ${MOUNT}/config/evil`,
    ],
    undo: [
      [`${MOUNT}/config/evil`, null],
      ["sys/policies/password/evil", null],
    ],
  },
  {
    name: "the connection to another server",
    keep: `${MOUNT}/config/postgresql`,
    make: [
      [
        `${MOUNT}/config/postgresql`,
        {
          plugin_name: "postgresql-database-plugin",
          verify_connection: false,
          allowed_roles: "*",
          connection_url:
            "postgresql://{{username}}:{{password}}@evil.example.com:5432/shop?sslmode=disable&target_session_attrs=read-write&application_name=vault",
        },
      ],
    ],
    finds: ["connection_url", "verify_connection"].map(
      (field) => `connection-differs vault path ${field} of ${MOUNT}/config/postgresql`,
    ),
    undo: [],
  },
  {
    name: "policies that say a path twice, hide their rule behind one that denies, or write of Vault itself what nobody listed",
    make: [
      [
        "sys/policies/acl/evil0",
        {
          policy: `path "${MOUNT}/creds/*" { capabilities = ["list"] } path "${MOUNT}/creds/*" { capabilities = ["read"] }`,
        },
      ],
      [
        "sys/policies/acl/evil1",
        {
          policy:
            'path "auth/token/roles/+" { capabilities = ["update"] } path "auth/token/roles/any" { capabilities = ["deny"] }',
        },
      ],
      [
        "sys/policies/acl/evil2",
        { policy: `path "${MOUNT}/creds/x" { allowed_parameters = { "capabilities" = [] } capabilities = ["read"] }` },
      ],
      ...[
        'path "sys/quotas/rate-limit/x" { capabilities = ["update"] }',
        'path "sys/config/auditing/request-headers/x-vault-token" { capabilities = ["update", "sudo"] }',
        'path "sys/leases/*" { capabilities = ["delete"] }',
        'path "sys/storage/raft/snapshot" { capabilities = ["read"] }',
      ].map((policy, n) => [`sys/policies/acl/evil${n + 3}`, { policy }] as const),
      [
        "sys/policies/acl/harmless",
        {
          policy:
            'path "sys/leases/renew" { capabilities = ["update"] } path "sys/tools/*" { capabilities = ["update"] }',
        },
      ],
    ],
    finds: Array.from({ length: 7 }, (_, n) => `policy-reaches vault path sys/policies/acl/evil${n}`),
    undo: [
      ...Array.from({ length: 7 }, (_, n) => [`sys/policies/acl/evil${n}`, null] as const),
      ["sys/policies/acl/harmless", null],
    ],
  },
  {
    name: "quotas on our paths, headers in the audit log, and a root token that is being made",
    make: [
      ["sys/quotas/rate-limit/all", { rate: 10000 }],
      ["sys/quotas/rate-limit/login", { rate: 10000, path: "auth/kubernetes-eu" }],
      ["sys/quotas/config", { absolute_rate_limit_exempt_paths: [`${MOUNT}/creds`] }],
      ["sys/config/auditing/request-headers/x-vault-token", { hmac: false }],
      ["sys/generate-root/attempt", {}],
    ],
    finds: [
      "audit-device vault path sys/config/auditing/request-headers/",
      `vault-setting vault path ${MOUNT}/creds in absolute_rate_limit_exempt_paths of sys/quotas/config`,
      "vault-setting vault path sys/generate-root/attempt",
      "vault-setting vault path sys/quotas/rate-limit/all",
      "vault-setting vault path sys/quotas/rate-limit/login",
    ],
    undo: [
      ["sys/quotas/rate-limit/all", null],
      ["sys/quotas/rate-limit/login", null],
      ["sys/quotas/config", { absolute_rate_limit_exempt_paths: [] }],
      ["sys/config/auditing/request-headers/x-vault-token", null],
      ["sys/generate-root/attempt", null],
    ],
  },
  {
    name: "a database role's statements and kind of credential",
    keep: `${MOUNT}/roles/eu.shop.web`,
    make: [
      [
        `${MOUNT}/roles/eu.shop.web`,
        {
          db_name: "postgresql",
          creation_statements: ["SELECT 1"],
          renew_statements: ["SELECT 1"],
          revocation_statements: ["SELECT 1"],
          rollback_statements: ["SELECT 1"],
          default_ttl: 60,
          max_ttl: 600,
          credential_type: "rsa_private_key",
        },
      ],
    ],
    finds: [
      "creation_statements",
      "credential_config",
      "credential_type",
      "default_ttl",
      "max_ttl",
      "renew_statements",
      "revocation_statements",
      "rollback_statements",
    ].map((field) => `database-role-differs vault path ${field} of ${MOUNT}/roles/eu.shop.web`),
    // Vault keeps what is not sent: the role is made anew.
    undo: [[`${MOUNT}/roles/eu.shop.web`, null]],
  },
];

describe("doctor beside a backdoor in Vault", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
    world.secrets.push("very-secret");
  });
  afterAll(() => world?.stop());

  const send = async (requests: readonly (readonly [string, Body | null])[]): Promise<void> => {
    for (const [path, body] of requests)
      await world.bench.vault.request(body === null ? "DELETE" : "POST", path, body ?? undefined);
  };
  interface Found {
    readonly text: string;
    readonly fix: string;
  }
  const lookWhole = async (): Promise<Found[]> => {
    const { code, out, err } = await world.leasehold("--json");
    expect(err).toBe("");
    const { findings } = JSON.parse(out) as { findings: never[] };
    expect(code).toBe(findings.length > 0 ? 2 : 0);
    return findings.map((finding: { code: string; effective: string; fix: string }) => ({
      text: `${finding.code} ${subjectOf(finding as never)} (${finding.effective})`,
      fix: finding.fix,
    }));
  };
  const look = async (): Promise<string[]> => (await lookWhole()).map(({ text }) => text);

  /** Runs the commands of Vault that the fixes name, as they are printed. @returns findings that are there still */
  const runFixes = async (found: readonly Found[]): Promise<string[]> => {
    const fixed = found.filter(({ fix }) => commandsOf(fix).length > 0);
    const env = { VAULT_ADDR: world.bench.vault.address, VAULT_TOKEN: world.bench.vault.rootToken };
    const vault = await findTool("vault");
    const commands = new Set(fixed.flatMap(({ fix }) => commandsOf(fix)));
    for (const command of commands) execFileSync(vault, command.split(" "), { env, stdio: "pipe", timeout: 30_000 });
    const left = fixed.length === 0 ? [] : await look();
    return fixed.map(({ text }) => text).filter((text) => left.includes(text));
  };

  test("clean before, and what is out of reach is said", async () => {
    expect(await look()).toEqual([]);
    const { out } = await world.leasehold();
    // The one finding that the bench brings was found, and accepted.
    expect(out).toContain("accepted: 1 finding\n");
    const said = [...out.matchAll(/not said: (.*)/g)].map(([, text]) => text);
    expect(said.filter((text) => text.includes("may not read"))).toEqual([]);
    expect(said).toContainEqual(
      expect.stringMatching(/^mount database\/main\/shop: the CA by which its connection knows 127\.0\.0\.1:/),
    );
    expect(said).toContainEqual(
      expect.stringMatching(/^auth\/kubernetes-eu\/config: what https:.*, which says who a pod is, leads to/),
    );
    expect(said).toContainEqual(expect.stringContaining("Vault: tokens that exist already"));
    expect(said).toContainEqual(
      expect.stringMatching(/^Vault: (who reads what its audit devices write: |who read a login)/),
    );
    expect(said).toContainEqual(
      expect.stringMatching(/^Vault: what its other mounts hold and give: .*leasehold \(kv\)/),
    );
  });

  test("each field that says who gets a login is compared, or does not bear on access", async () => {
    const described = (await world.bench.vault.request("GET", "sys/internal/specs/openapi")) as unknown as OpenApi;
    const problems: string[] = [];
    for (const { described: template, live, read, not } of VAULT_FIELDS) {
      const ref = described.paths[template]?.post?.requestBody?.content["application/json"]?.schema?.$ref ?? "";
      const asked = Object.keys(described.components.schemas[ref.split("/").pop() as string]?.properties ?? {});
      const answer = live === "" ? {} : ((await world.bench.vault.request("GET", live)).data as Body);
      const { connection_details: details, ...rest } = answer;
      const there = new Set([...asked, ...Object.keys(rest), ...Object.keys((details ?? {}) as Body)]);
      if (there.size === 0) problems.push(`${template}: Vault does not describe it`);
      const known = [read, ...Object.values(not)].flatMap((text) => text.split(" ").filter((word) => word !== ""));
      const none = [...there].filter((field) => !known.includes(field)).sort();
      if (none.length > 0) problems.push(`${template}: nobody says whether these bear on access: ${none.join(" ")}`);
      const gone = known.filter((field) => !there.has(field));
      if (gone.length > 0) problems.push(`${template}: Vault has no such fields: ${gone.join(" ")}`);
    }
    expect(problems).toEqual([]);
  });

  test("each path below sys/ that may be written is found in a policy, or gives nobody anything", async () => {
    const described = (await world.bench.vault.request("GET", "sys/internal/specs/openapi")) as unknown as OpenApi;
    const written = Object.entries(described.paths)
      .filter(([path, of]) => path.startsWith("/sys/") && (of?.post ?? of?.put ?? of?.delete ?? of?.patch))
      .map(([path]) => path.slice(1).replace(/\{[^}]*\}/g, "x"));
    expect(written.length).toBeGreaterThan(60);
    const missed = written.filter(
      (path) => writesToSystem(rulesOf(`path "${path}" { capabilities = ["update"] }`) ?? []).length === 0,
    );
    const named = (path: string): boolean =>
      missed.some((one) => one === path || one.startsWith(path.replace("*", "")));
    expect(
      missed.filter((path) => !HARMLESS_WRITES.some((one) => path.startsWith(`sys/${one.replace("*", "")}`))),
    ).toEqual([]);
    expect(HARMLESS_WRITES.filter((one) => !named(`sys/${one}`))).toEqual([]);
  });

  test("keys that unseal it and are being changed", async () => {
    const path = "sys/rekey/init";
    // It answers without an envelope, and is ended by the number that it gives.
    const started = (await world.bench.vault.request("POST", path, {
      secret_shares: 1,
      secret_threshold: 1,
    })) as unknown as Body;
    const found = await look();
    await world.bench.vault.request("DELETE", path, { nonce: started.nonce });
    expect(found).toEqual([expect.stringMatching(/^vault-setting vault path sys\/rekey\/init .*0 of 1 keys/)]);
    expect(await look()).toEqual([]);
  });

  test("a second factor that pods would need", async () => {
    const made = await world.bench.vault.request("POST", "identity/mfa/method/totp", { issuer: "evil" });
    const id = (made.data as Body).method_id;
    const path = "identity/mfa/login-enforcement/evil";
    await send([[path, { mfa_method_ids: [id], auth_method_types: ["kubernetes"] }]]);
    const found = await look();
    await send([
      [path, null],
      [`identity/mfa/method/totp/${String(id)}`, null],
    ]);
    expect(found).toEqual([expect.stringMatching(new RegExp(`^vault-setting vault path ${path} `))]);
  });

  test.each(CASES)("$name", async ({ make, finds, undo, keep }) => {
    const before = keep === undefined ? undefined : ((await world.bench.vault.request("GET", keep)).data as Body);
    await send(make);
    const whole = await lookWhole();
    const found = whole.map(({ text }) => text);
    const left = await runFixes(whole);
    await send(undo);
    if (keep !== undefined && before) await send([[keep, restored(before)]]);
    expect(left).toEqual([]);
    expect(finds.filter((one) => !found.some((text) => text.startsWith(one)))).toEqual([]);
    expect(found.filter((text) => !finds.some((one) => text.startsWith(one)))).toEqual([]);
    expect(await look()).toEqual([]);
  });

  test("what the token may not read of all this is said, by its path", async () => {
    const token = process.env.VAULT_TOKEN;
    const { data } = await world.bench.vault.request("GET", "sys/policies/acl/doctor");
    const policy = String((data as Body).policy)
      .split("\n")
      .filter((line) => !/"sys\/auth"|identity\/entity/.test(line))
      .join("\n");
    await world.bench.vault.request("POST", "sys/policies/acl/narrow", { policy });
    const { auth } = await world.bench.vault.request("POST", "auth/token/create", {
      policies: ["narrow"],
      no_default_policy: true,
    });
    process.env.VAULT_TOKEN = auth?.client_token;
    const { code, out } = await world.leasehold();
    process.env.VAULT_TOKEN = token;
    await send([["sys/policies/acl/narrow", null]]);
    expect(code).toBe(0);
    expect(out).toContain("not said: Vault: sys/auth: the token may not read it");
    expect(out).toContain("not said: Vault: identity/entity/id: the token may not read it");
    expect(world.secrets.filter((secret) => world.printed.includes(secret))).toEqual([]);
  });
});

/** The first command of Vault that a fix names; what follows "or" is another way. */
function commandsOf(fix: string): string[] {
  const [command] = /\bvault (?:delete|write|audit disable|plugin deregister|operator) [^,;]*/.exec(fix) ?? [];
  return command === undefined ? [] : [command.replace(/^vault /, "").trim()];
}

/** What is read of a connection is not what is written. */
function restored({ connection_details: details, root_credentials_rotate_statements: rotation, ...rest }: Body): Body {
  return details === undefined
    ? { ...rest, ...("kubernetes_host" in rest && { token_reviewer_jwt: "very-secret" }) }
    : {
        ...rest,
        ...(details as Body),
        root_rotation_statements: rotation ?? [],
        password_policy: "",
        verify_connection: true,
      };
}
