import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATIENCE, VALUES } from "./chart-cases";
import { believed, type Facts, rendered } from "./chart-facts";

/*
 * chart-recorded.json holds what Vault's real chart, 0.34.1, makes of these values: facts that rules ask for, nothing of the
 * chart itself. To record it anew, on a machine that has helm and the chart as a folder:
 *   LEASEHOLD_RECORD_CHART=<folder> LEASEHOLD_HELM=<path> npx jest __tests__/access/rules/chart-recorded
 *   npx prettier --write __tests__/access/rules/chart-recorded.json
 */
const FILE = join(__dirname, "chart-recorded.json");
const { LEASEHOLD_RECORD_CHART: folder, LEASEHOLD_HELM: helm } = process.env;
if (folder !== undefined)
  beforeAll(() => {
    const all = Object.entries(VALUES).map(
      ([name, values]) => [name, rendered(helm ?? "helm", folder, values)] as const,
    );
    writeFileSync(
      FILE,
      JSON.stringify({ recordedWith: "vault-helm 0.34.1", ...Object.fromEntries(all) }, undefined, 2),
    );
  }, PATIENCE);

const recorded = (): Record<string, Facts> => JSON.parse(readFileSync(FILE, "utf8")) as Record<string, Facts>;

test("there is a recording of every case, and none besides", () => {
  expect(Object.keys(recorded())).toEqual(["recordedWith", ...Object.keys(VALUES)]);
});

test.each(Object.keys(VALUES))("the real chart makes of these values what rules believe: %s", (name) => {
  expect(JSON.parse(JSON.stringify(believed(VALUES[name])))).toEqual(recorded()[name]);
});
