import { RULES } from "../../../access/rules/all";
import { CASES } from "./cases";
import { checked, plainStack } from "./support";

test("every rule has a case, and every case a rule", () => {
  expect(RULES.map(({ id }) => id)).toEqual(Object.keys(CASES).sort());
});

test("rules of production only leave a sandbox alone, the others do not", async () => {
  expect(RULES.filter(({ productionOnly }) => productionOnly).map(({ id }) => id)).toEqual(
    Object.keys(CASES).filter((id) => CASES[id].production),
  );
});

describe.each(RULES.map(({ id, severity }) => [id, severity] as const))("%s", (id, severity) => {
  const { bad, good, production } = CASES[id];

  test("finds what is wrong, with the value, the place and the line", async () => {
    for (const [build, ...parts] of bad) {
      const { findings } = await checked((app) => build(plainStack(app)), { production });
      const found = findings.filter(({ code }) => code === id);
      const messages = found.map(({ message }) => message);
      expect({ messages, found: messages.length }).toEqual({
        messages: expect.arrayContaining(parts.map((part) => expect.stringContaining(part))),
        found: parts.length,
      });
      for (const finding of found) {
        expect(finding.severity).toBe(severity);
        expect(finding.page).toBe(`docs/rules.md#${id}`);
        expect(finding.path).toMatch(/^(own|access)/);
      }
    }
  });

  test("lets pass what is right", async () => {
    for (const build of good) {
      const { findings } = await checked((app) => build(plainStack(app)), { production });
      expect(findings.filter(({ code }) => code === id)).toEqual([]);
    }
  });

  if (production)
    test("says nothing of a sandbox", async () => {
      const { findings } = await checked((app) => bad[0][0](plainStack(app)));
      expect(findings.filter(({ code }) => code === id)).toEqual([]);
    });
});
