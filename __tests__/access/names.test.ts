import * as fc from "fast-check";
import {
  adminEntry,
  plannerEntry,
  authRoleName,
  databaseRoleName,
  estateRoleName,
  groupRoleName,
  identityId,
  IdentityKey,
  mountPath,
  policyName,
  schemaWideRoleName,
  vaultLoginEntry,
  vaultLoginName,
} from "../../access/model/names";
import * as names from "../../access/model/names";
import { closeDatabase, closeKey, dnsLabel, serviceAccount } from "../support/arbitraries";

const key: IdentityKey = { cluster: "eu", namespace: "shop", serviceAccount: "web" };
const longKey: IdentityKey = {
  cluster: "production-europe-west",
  namespace: "customer-relations",
  serviceAccount: "newsletter.dispatcher",
};
const bytes = (name: string): number => Buffer.byteLength(name);

describe("names, which two repositories compute apart and which change only with a major version", () => {
  test("of an identity in a database are these", () => {
    expect({
      identity: identityId(key),
      group: groupRoleName(key, "shop"),
      wide: schemaWideRoleName(key, "shop"),
      databaseRole: databaseRoleName(key),
      authRole: authRoleName(key),
      policy: policyName(key, "database/main/shop"),
    }).toEqual({
      identity: "eu/shop/web",
      group: "eu_shop_web_shop",
      wide: "leasehold.all_eu_shop_web_shop",
      databaseRole: "eu.shop.web",
      authRole: "shop.web",
      policy: "leasehold_eu_shop_web_database.main.shop",
    });
  });

  test("of a database are these", () => {
    expect({
      mount: mountPath("main", "shop"),
      login: vaultLoginName("shop"),
      estate: estateRoleName("shop"),
      entry: vaultLoginEntry("main", "shop"),
      admin: adminEntry("main"),
      planner: plannerEntry(adminEntry("main")),
    }).toEqual({
      mount: "database/main/shop",
      login: "leasehold.vault_shop",
      estate: "leasehold.estate_shop",
      entry: "postgres/main/shop/vault",
      admin: "postgres/main/admin",
      planner: "postgres/main/admin-planner",
    });
  });

  test("longer than 63 bytes are cut and end in 8 hex digits of the SHA-256 of the whole", () => {
    expect({
      group: groupRoleName(longKey, "billing"),
      wide: schemaWideRoleName(longKey, "billing"),
      login: vaultLoginName("d".repeat(50)),
      estate: estateRoleName("d".repeat(50)),
    }).toEqual({
      group: "production-europe-west_customer-relations_newsletter.d_1e1cfd64",
      wide: "leasehold.all_production-europe-west_customer-relation_5309cc34",
      login: "leasehold.vault_dddddddddddddddddddddddddddddddddddddd_c48fa282",
      estate: "leasehold.estate_ddddddddddddddddddddddddddddddddddddd_34c4e526",
    });
  });

  test("are cut between characters, never within one", () => {
    expect({
      exactly63: groupRoleName(key, "é".repeat(25) + "x"),
      of64: groupRoleName(key, "é".repeat(26)),
      emoji: groupRoleName(key, "😀".repeat(15)),
      login: vaultLoginName("日".repeat(21)),
    }).toMatchInlineSnapshot(`
     {
       "emoji": "eu_shop_web_😀😀😀😀😀😀😀😀😀😀_6e343fd4",
       "exactly63": "eu_shop_web_éééééééééééééééééééééééééx",
       "login": "leasehold.vault_日日日日日日日日日日日日_b00ac144",
       "of64": "eu_shop_web_ééééééééééééééééééééé_bfd2895a",
     }
    `);
  });

  test("of a mount's connection and of leased logins stand in live leases: they do not change", () => {
    expect([names.CONNECTION_NAME, names.LEASE_PREFIX, names.LEASE_USERNAME_TEMPLATE]).toEqual([
      "postgresql",
      "v-",
      "v-{{.RoleName | truncate 40}}-{{random 20}}",
    ]);
  });

  test("of the policy by which a server's pods read its first password stands in Vault: it does not change", () => {
    expect(names.firstPasswordPolicyName("main")).toBe("leasehold-postgres-main");
  });

  test("of the admin, where a program names none, is a login of servers that live", () => {
    expect(names.DEFAULT_ADMIN).toBe("leasehold_admin");
    expect(names.DEFAULT_PLANNER).toBe("leasehold_planner");
  });

  test("of a login that is issued without Vault is made as Vault makes it", () => {
    expect(names.leaseUsername("eu.shop.web", "r".repeat(20))).toBe(`v-eu.shop.web-${"r".repeat(20)}`);
    expect(names.leaseUsername("d".repeat(50), "r".repeat(20))).toHaveLength(63);
  });

  test("are all that this module exports, so that a new one is pinned too", () => {
    expect(Object.keys(names).sort()).toEqual(
      [
        ...[
          "CONNECTION_NAME",
          "DEFAULT_ADMIN",
          "DEFAULT_PLANNER",
          "LEASE_PREFIX",
          "LEASE_USERNAME_TEMPLATE",
          "leaseUsername",
        ],
        ...["POSTGRES_NAME_BYTES", "adminEntry", "authRoleName", "databaseRoleName", "estateRoleName", "groupRoleName"],
        ...[
          "firstPasswordPolicyName",
          "identityId",
          "mountPath",
          "plannerEntry",
          "policyName",
          "schemaWideRoleName",
          "vaultLoginEntry",
          "vaultLoginName",
        ],
      ].sort(),
    );
  });
});

describe("the parts of a key cannot run into each other", () => {
  const pairs: [string, IdentityKey, IdentityKey][] = [
    [
      "team-a/web and team/a-web",
      { cluster: "eu", namespace: "team-a", serviceAccount: "web" },
      { cluster: "eu", namespace: "team", serviceAccount: "a-web" },
    ],
    [
      "eu-west/shop and eu/west-shop",
      { cluster: "eu-west", namespace: "shop", serviceAccount: "web" },
      { cluster: "eu", namespace: "west-shop", serviceAccount: "web" },
    ],
    [
      "a ServiceAccount with a dot and a namespace that ends in its first part",
      { cluster: "eu", namespace: "shop", serviceAccount: "web.v2" },
      { cluster: "eu", namespace: "shop-web", serviceAccount: "v2" },
    ],
  ];
  test.each(pairs)("%s", (_, a, b) => {
    expect(groupRoleName(a, "shop")).not.toBe(groupRoleName(b, "shop"));
    expect(schemaWideRoleName(a, "shop")).not.toBe(schemaWideRoleName(b, "shop"));
    expect(databaseRoleName(a)).not.toBe(databaseRoleName(b));
    expect(policyName(a, "db")).not.toBe(policyName(b, "db"));
    expect(identityId(a)).not.toBe(identityId(b));
    // Unique in its auth mount, of which each cluster has its own.
    if (a.cluster === b.cluster) expect(authRoleName(a)).not.toBe(authRoleName(b));
  });

  const sameness = (name: (key: IdentityKey, more: string) => string, more: fc.Arbitrary<string>) =>
    fc.property(closeKey, closeKey, more, more, (a, b, c, d) => {
      const same = identityId(a) === identityId(b) && c === d;
      return (name(a, c) === name(b, d)) === same;
    });
  const path = fc.stringMatching(/^a[-_]?a?(\/a[-_]?a?)?$/).filter((text) => /a$/.test(text));

  test("whatever they are: group roles", () => fc.assert(sameness(groupRoleName, closeDatabase), { numRuns: 2000 }));
  test("whatever they are: schema-wide roles", () =>
    fc.assert(sameness(schemaWideRoleName, closeDatabase), { numRuns: 2000 }));
  test("whatever they are: policies", () => fc.assert(sameness(policyName, path), { numRuns: 2000 }));
  test("whatever they are: database roles", () =>
    fc.assert(
      sameness((k) => databaseRoleName(k), fc.constant("")),
      { numRuns: 2000 },
    ));
  test("whatever they are: auth roles of one cluster", () =>
    fc.assert(
      fc.property(closeKey, closeKey, (a, b) => {
        const one = { ...a, cluster: "eu" };
        const other = { ...b, cluster: "eu" };
        return (authRoleName(one) === authRoleName(other)) === (identityId(one) === identityId(other));
      }),
      { numRuns: 2000 },
    ));

  test("and the same search does find the collisions of names joined by '-'", () => {
    const naive = (k: IdentityKey, database: string): string =>
      `${k.cluster}-${k.namespace}-${k.serviceAccount}-${database}`;
    expect(fc.check(sameness(naive, closeDatabase), { numRuns: 2000 }).failed).toBe(true);
  });

  test("nor do names that differ only behind the cut", () => {
    expect(groupRoleName(longKey, "billing")).not.toBe(groupRoleName(longKey, "billing2"));
    expect(groupRoleName({ ...longKey, serviceAccount: "newsletter.dispatcher2" }, "billing")).not.toBe(
      groupRoleName(longKey, "billing"),
    );
  });
});

describe("every name of a PostgreSQL role", () => {
  const database = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
  test("fits into 63 bytes and stays well-formed text", () => {
    fc.assert(
      fc.property(dnsLabel, dnsLabel, serviceAccount, database, (cluster, namespace, sa, name) => {
        const identity = { cluster, namespace, serviceAccount: sa };
        for (const role of [
          groupRoleName(identity, name),
          schemaWideRoleName(identity, name),
          vaultLoginName(name),
          estateRoleName(name),
        ]) {
          expect(bytes(role)).toBeLessThanOrEqual(63);
          expect(Buffer.from(role).toString()).toBe(role);
        }
      }),
    );
  });

  test("is whole when it fits exactly, and cut one byte later", () => {
    const fits = "d".repeat(63 - bytes("eu_shop_web_"));
    expect(groupRoleName(key, fits)).toBe(`eu_shop_web_${fits}`);
    expect(groupRoleName(key, `${fits}d`)).toMatch(/^eu_shop_web_d+_[0-9a-f]{8}$/);
    expect(bytes(groupRoleName(key, `${fits}d`))).toBe(63);
  });
});

describe("names of different kinds on one server", () => {
  test("a group role in the database `_all_x` is not the schema-wide role in the database `x`", () => {
    expect(groupRoleName(key, "_all_x")).not.toBe(schemaWideRoleName(key, "x"));
  });
  test("a group role of the cluster `leasehold` and the namespace `vault` is not a login of Vault", () => {
    expect(groupRoleName({ cluster: "leasehold", namespace: "vault", serviceAccount: "a" }, "b")).not.toBe(
      vaultLoginName("a_b"),
    );
  });
});
