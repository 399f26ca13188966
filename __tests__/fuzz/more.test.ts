import { App, TerraformStack } from "cdktf";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { DatabaseMigration, Migrations, VaultMode, VaultServer } from "../../constructs";
import * as names from "../../access/model/names";
import { databaseNameProblem } from "../../access/model/rules";
import { closeKey, hostileText, nearly, SPECIAL_TEXTS } from "../support/arbitraries";
import { Synthesized, synthesize } from "../support/program";
import { World } from "../support/world";
import { ofType, readTerraform } from "./judges/terraform";

/** What the programs of the fuzzer do not have: each is tried by itself, a hundredth as often. */
const RUNS = Math.max(80, Math.floor(Number(process.env.LEASEHOLD_CASES ?? 0) / 100));
const TIMEOUT = RUNS * 2_000 + 60_000;

// The same cases at each `npm test`: what is new is for `npm run nightly`, which takes another seed each time.
fc.configureGlobal({ seed: Number(process.env.LEASEHOLD_SEED ?? 20261122) });

const hostile = fc
  .oneof(hostileText, fc.constantFrom(...SPECIAL_TEXTS), nearly(fc.constantFrom("001_tables", "x")))
  // What cdktf takes for tokens has cases of its own in the fuzzer.
  .map((text) => text.replace(/TfToken\[|Map Token Value|e\+2\d\d/g, "token"));

/** The program, or undefined where it is refused by findings alone. */
function accepted(build: (app: App) => void): Synthesized | undefined {
  try {
    return synthesize(build, { skipValidation: true });
  } catch (error) {
    expect([(error as Error).name, (error as Error).message]).toEqual(["AccessFindingsError", expect.anything()]);
    return undefined;
  }
}

test(
  "files of a migration are refused or arrive as they are, and the shell runs those and no other",
  () => {
    const root = mkdtempSync(join(tmpdir(), "leasehold-fuzz-sql-"));
    let taken = 0;
    const fileName = fc
      .oneof(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/), hostile)
      .map((name) => `${name.replace(/[/\0]/g, "")}.sql`)
      .filter((name) => Buffer.byteLength(name) < 255 && !/\p{Cs}/u.test(name));
    const file = fc.tuple(fileName, fc.oneof(hostile, fc.constant("SELECT 1;\n")));
    try {
      fc.assert(
        fc.property(fc.uniqueArray(file, { minLength: 1, maxLength: 3, selector: ([name]) => name }), (files) => {
          const folder = join(root, String(Math.random()));
          mkdirSync(folder);
          for (const [name, text] of files) writeFileSync(join(folder, name), text);
          const program = accepted((app) => {
            const world = new World(app);
            const migrations = Migrations.fromFolder(folder);
            new DatabaseMigration(world.db, "migration", { identity: world.identity("migrator"), migrations });
          });
          rmSync(folder, { recursive: true });
          if (!program) return;
          taken++;
          const reading = readTerraform(program);
          expect(reading.problems).toEqual([]);
          const [{ arguments: args }] = ofType(reading, "kubernetes_config_map_v1");
          const { "run.sh": script, ...data } = args.data as Record<string, string>;
          // Half a pair is not text: writing the file put U+FFFD in its place.
          expect(data).toEqual(Object.fromEntries(files.map(([name, text]) => [name, Buffer.from(text).toString()])));
          const loop = /^for file in (.*); do$/m.exec(script)?.[1] ?? "";
          const said = spawnSync("sh", ["-c", `for file in ${loop}; do printf '%s\\n' "$file"; done`], {
            encoding: "utf8",
          });
          expect(said.stdout.split("\n").slice(0, -1)).toEqual(files.map(([name]) => name).sort());
        }),
        { numRuns: RUNS },
      );
    } finally {
      rmSync(root, { recursive: true });
    }
    expect(taken).toBeGreaterThan(RUNS / 20);
  },
  TIMEOUT,
);

test(
  "values of Vault's chart arrive as they are",
  () => {
    let taken = 0;
    const text = fc.record({ seal: hostile, version: hostile, key: hostile, value: hostile });
    fc.assert(
      fc.property(text, ({ seal, version, key, value }) => {
        // Half a pair and what is not in normal form C are for others to refuse: a chart's value is of the user's own hand.
        fc.pre([seal, version, key, value].every((one) => one.normalize("NFC") === one && !/\p{Cs}/u.test(one)));
        const program = accepted((app) => {
          const stack = new TerraformStack(app, "stack");
          const mode = VaultMode.standalone({ seal: `seal "x" {${seal}}` });
          new VaultServer(stack, "Vault", {
            ...{ mode, chartVersion: version, injectNamespaces: ["shop"] },
            values: { server: { extraEnvironmentVars: { [key]: value } } },
          });
        });
        if (!program) return;
        taken++;
        const reading = readTerraform(program);
        expect(reading.problems).toEqual([]);
        const [{ arguments: release }] = ofType(reading, "helm_release");
        const values = JSON.parse(String((release.values as string[])[0])) as {
          server: { extraEnvironmentVars: object; standalone: { config: string } };
        };
        expect(release.version).toBe(version);
        expect(values.server.extraEnvironmentVars).toEqual(JSON.parse(JSON.stringify({ [key]: value })));
        expect(values.server.standalone.config.endsWith(`{${seal}}`)).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 20);
  },
  TIMEOUT,
);

test("two databases or identities never have one name, however near they are", () => {
  const database = fc.oneof(fc.constantFrom("shop", "a".repeat(50), "日".repeat(20), "größe_eu"), hostileText);
  const pair = database.chain((one) =>
    fc.tuple(fc.constant(one), fc.oneof(fc.constant(one), nearly(fc.constant(one)))),
  );
  let tried = 0;
  fc.assert(
    fc.property(pair, closeKey, closeKey, ([one, other], a, b) => {
      fc.pre([one, other].every((name) => databaseNameProblem(name) === undefined));
      tried++;
      const sameDatabase = one === other;
      const same = sameDatabase && names.identityId(a) === names.identityId(b);
      for (const name of [names.groupRoleName, names.schemaWideRoleName])
        expect(name(a, one) === name(b, other)).toBe(same);
      for (const name of [names.vaultLoginName, names.estateRoleName])
        expect(name(one) === name(other)).toBe(sameDatabase);
      expect(names.vaultLoginEntry("main", one) === names.vaultLoginEntry("main", other)).toBe(sameDatabase);
      const roles = [names.groupRoleName(a, one), names.schemaWideRoleName(a, one), names.vaultLoginName(one)];
      expect(new Set([...roles, names.estateRoleName(one)]).size).toBe(4);
    }),
    { numRuns: RUNS * 20 },
  );
  expect(tried).toBeGreaterThan(RUNS);
});
