import * as fc from "fast-check";
import { loadModule } from "libpg-query";
import { Field, FIELD_NAMES } from "./fields";
import { judge } from "./judges";
import { cases, FORMATS, outcomeOf } from "./program";

/** `npm run nightly` sets 100,000. */
const RUNS = Number(process.env.LEASEHOLD_CASES ?? 600);
/** The same cases at each `npm test`: what is new is for `npm run nightly`, which takes another seed each time. */
const SEED = Number(process.env.LEASEHOLD_SEED ?? 20261122);

beforeAll(() => loadModule());

const seen = {
  cases: 0,
  accepted: 0,
  hostileAccepted: 0,
  fields: new Map<Field, number>(),
  formats: new Set<string>(),
};

test(
  "whatever the names are: a clear refusal, or Terraform JSON that means exactly what was asked",
  async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const outcome = outcomeOf(one);
        expect(await judge(outcome, one)).toEqual([]);
        seen.cases++;
        if (!outcome.accepted) return;
        seen.accepted++;
        seen.formats.add(one.shape.format);
        const hostile = one.attempts.filter(({ plain }) => !plain);
        if (hostile.length > 0) seen.hostileAccepted++;
        for (const { field } of hostile) seen.fields.set(field, (seen.fields.get(field) ?? 0) + 1);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    if (process.env.LEASEHOLD_CASES !== undefined)
      process.stderr.write(
        `${seen.cases} programs: ${seen.accepted} accepted, ${seen.hostileAccepted} of them with hostile text in them; ` +
          `${seen.cases - seen.accepted} refused\n`,
      );
  },
  RUNS * 2_000 + 60_000,
);

test("both outcomes came often: had all been refused, nothing would be wrong either", () => {
  expect(seen.accepted).toBeGreaterThan(seen.cases * 0.3);
  expect(seen.cases - seen.accepted).toBeGreaterThan(seen.cases * 0.2);
  expect(seen.hostileAccepted).toBeGreaterThan(seen.cases * 0.1);
  expect([...seen.formats].sort()).toEqual([...FORMATS].sort());
});

/** Props that take every text but what no program could carry. */
const OPEN: readonly Field[] = ["schema", "table", "column", "sequence", "allOf", "annotationValue", "policyText"];

test("hostile text got into the SQL, the policies and the annotations, not only into refusals", () => {
  // In a short run one or the other may be missing by chance.
  expect(OPEN.filter((field) => !seen.fields.has(field)).length).toBeLessThan(RUNS >= 5000 ? 1 : 4);
  // The run of a night gets into nearly all of them.
  if (RUNS >= 5000) expect(FIELD_NAMES.filter((field) => seen.fields.has(field)).length).toBeGreaterThan(35);
});
