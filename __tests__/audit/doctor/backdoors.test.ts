import { subjectOf } from "../../../audit/effective/finding";
import { CASES } from "./cases";
import { Found, short, World } from "./world";

jest.setTimeout(20 * 60_000);

const SHOP = ["--database", "shop=service=shop"];
/** Findings whose fix says what to do in Vault, or with a membership that another finding names. */
const PROSE: readonly string[] = ["login-differs", "role-without-lease", "role-attribute", "power-privilege"];

/** A list first, since its object may be dropped; a function last, since others may need it. */
const order = (fix: string): number => (fix.startsWith("REVOKE") ? 0 : fix.startsWith("DROP FUNCTION") ? 2 : 1);

/** What a superuser runs of a fix: without the words around it, and without what Terraform then does. */
function statements(fix: string): string {
  return fix
    .replace(/^accept it, or /, "")
    .replace(/, as a superuser who .*$/, "")
    .replace(/; then apply the program again$/, "")
    .replace(/, in the migration that makes it; .*$/, "")
    .replace(/; grant it to who needs it$/, "");
}

describe("doctor beside a backdoor", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start();
    world.secrets.push("very-secret");
  });
  afterAll(() => world?.stop());

  const about = (finding: Found): string =>
    `${finding.code} ${subjectOf(finding as never).replace(/ #[0-9a-f]{16}$/, "")}`;
  const look = async (...argv: string[]): Promise<Found[]> => world.found(...SHOP, ...argv);

  test("clean before", async () => {
    expect((await look()).map(({ code, who, effective }) => `${code} ${who.join()} ${effective}`)).toEqual([]);
  });

  test.each(CASES)("$name", async ({ make, finds, undo, byHand }) => {
    const keep = (await world.sql<{ sql: string }>(RESTORE))[0].sql;
    await world.sql(make);
    const findings = await look();
    const known = findings.map(about);
    // Every fix is the SQL of one superuser, up to what Terraform then makes anew.
    const failed: string[] = [];
    const fixes = new Set(findings.filter(({ code }) => !PROSE.includes(code)).map(({ fix }) => statements(fix)));
    if (!byHand)
      for (const fix of [...fixes].sort((a, b) => order(a) - order(b)))
        await world.sql(fix).catch((error: Error) => void failed.push(`${fix}: ${error.message}`));
    // Functions that were dropped wait for the program to be applied.
    const left = byHand ? [] : (await look()).filter(({ effective }) => !effective.endsWith(" is missing")).map(about);
    if (undo) await world.sql(undo);
    await world.sql(keep);
    expect(
      known.filter((text) => !finds.some((one) => text === one || (/[ /]$/.test(one) && text.startsWith(one)))).sort(),
    ).toEqual([]);
    expect(finds.filter((one) => !known.some((text) => text.startsWith(one)))).toEqual([]);
    expect(failed).toEqual([]);
    // What a stranger owns may be a function that runs as its owner: nobody is told to give it to a role with rights.
    const given = [...fixes].flatMap((fix) =>
      [...fix.matchAll(/REASSIGN OWNED BY .* TO "?([^";]+)/g)].map(([, to]) => to),
    );
    expect(given.filter((to) => to !== "leasehold.estate_shop")).toEqual([]);
    expect(left.filter((text) => !text.startsWith("role-without-lease"))).toEqual([]);
    expect(short(await look())).toEqual([]);
  });

  test("an acceptance covers what it names, and nothing beside it", async () => {
    await world.sql(`CREATE PUBLICATION cdc; CREATE ROLE evil LOGIN REPLICATION IN ROLE pg_monitor; GRANT SELECT ON sales.wizard TO evil;
      CREATE FUNCTION sales.peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION sales.peek() OWNER TO shop_owner`);
    // As doctor names them: what an acceptance covers is part of the name.
    const accepted = (await look()).flatMap((one) => ["--accept", `${one.code}=${subjectOf(one as never)}`]);
    const before = await look(...accepted);
    await world.sql(`CREATE PUBLICATION more; ALTER ROLE evil CREATEROLE; GRANT shop_owner TO evil; ALTER PUBLICATION cdc ADD TABLE sales.customer;
      GRANT DELETE ON sales.wizard TO evil; CREATE OR REPLACE FUNCTION sales.peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 2'`);
    const after = await look(...accepted);
    await world.sql("DROP PUBLICATION cdc, more; DROP FUNCTION sales.peek(); DROP OWNED BY evil; DROP ROLE evil");
    expect(accepted).toContainEqual(expect.stringMatching(/^stranger=role evil #[0-9a-f]{16}$/));
    expect(before).toEqual([]);
    expect(after.map(about).sort()).toEqual([
      "definer-function function sales.peek()",
      "past-the-grants publication cdc",
      "past-the-grants publication more",
      "stranger role evil",
      "unknown-member membership evil in shop_owner",
      "unknown-power attribute CREATEROLE of evil",
    ]);
    for (const code of ["lease-functions-differ", "lease-forged"])
      expect(await world.leasehold(...SHOP, "--accept", code)).toMatchObject({
        code: 1,
        err: expect.stringContaining(`${code} cannot be accepted`),
      });
  });

  test("no value of a setting that may be a key was printed", () => {
    expect(world.printed.length).toBeGreaterThan(1000);
    expect(world.secrets.filter((secret) => world.printed.includes(secret))).toEqual([]);
  });
});

/** SQL that makes the lease functions, their owners and lists as they are now. */
const RESTORE = `SELECT 'DROP TABLE IF EXISTS lease.spy; DROP FUNCTION IF EXISTS lease.close(text, text); ALTER SCHEMA lease OWNER TO leasehold_admin; REVOKE CREATE ON SCHEMA lease FROM shop_owner; ALTER DATABASE shop OWNER TO leasehold_admin;'
  || string_agg(format('%s; ALTER FUNCTION %s OWNER TO %I; ALTER FUNCTION %2$s RESET ALL; REVOKE ALL ON FUNCTION %2$s FROM PUBLIC; GRANT EXECUTE ON FUNCTION %2$s TO "leasehold.vault_shop";',
       pg_get_functiondef(f.oid), f.oid::regprocedure, pg_get_userbyid(f.proowner)), '') AS sql
  FROM pg_proc AS f WHERE f.pronamespace = 'lease'::regnamespace AND f.proname !~ '^group_'`;
