import * as fc from "fast-check";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSummary, summarizePlan } from "../../cli/pull-request/plan";
import { planStacks } from "../../cli/pull-request/plan-stacks";
import { reportPullRequest } from "../../cli/pull-request/report";
import { removeTemporary, reportOf, sideOf, temporary } from "./sides";

afterEach(removeTemporary);

const CANARY = "canary";
/** Of Terraform 1.11.4, with a canary in every value, output and key of its program. */
const PLAN = JSON.parse(readFileSync(join(__dirname, "terraform-plan.json"), "utf8")) as Record<string, unknown>;

describe("a plan of Terraform's", () => {
  it("comes down to addresses and actions, what destroys first", () => {
    expect(JSON.stringify(PLAN)).toContain(CANARY);
    expect(summarizePlan("plain", PLAN)).toEqual({
      stack: "plain",
      resources: [
        { address: "terraform_data.gone", action: "delete" },
        { address: "terraform_data.b", action: "replace" },
        { address: "terraform_data.a", action: "update" },
      ],
    });
  });

  it("leaves no value in the comment, wherever a canary stands in it", () => {
    const { resource_changes: changes, ...rest } = PLAN;
    const value = fc.jsonValue().map((inner) => ({ [CANARY]: inner, inner: `${CANARY}-${JSON.stringify(inner)}` }));
    const change = fc.record({
      address: fc.constantFrom("vault_policy.a", "postgresql_role.b"),
      previous_address: fc.constantFrom(undefined, "vault_policy.a"),
      type: fc.constant(CANARY),
      name: fc.constant(CANARY),
      index: fc.constant(CANARY),
      deposed: fc.constant(CANARY),
      action_reason: fc.constant(CANARY),
      change: fc.record({
        actions: fc.constantFrom(["create"], ["update"], ["delete", "create"], ["no-op"], [CANARY], ["read"], []),
        before: value,
        after: value,
        after_unknown: value,
        before_sensitive: value,
        importing: fc.constantFrom(undefined, { id: CANARY }),
        generated_config: fc.constant(CANARY),
      }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 5 }), value, (all, more) => {
        const plan = { ...rest, resource_changes: all, variables: more, checks: [more], relevant_attributes: [more] };
        const summary = { version: 1, stacks: [summarizePlan("a", JSON.parse(JSON.stringify(plan)))] };
        expect(JSON.stringify(summary)).not.toContain(CANARY);
        expect(readSummary(JSON.stringify(summary))).toEqual(summary);
        expect(summary.stacks[0].resources?.length).toBe(
          all.filter(({ address, previous_address: before, change: { actions, importing } }) =>
            actions[0] === "no-op"
              ? importing !== undefined || (before !== undefined && before !== address)
              : actions[0] !== "read",
          ).length,
        );
      }),
      { numRuns: 300 },
    );
    expect(changes).toBeDefined();
  });

  it.each([
    [["no-op"], undefined],
    [["read"], undefined],
    [["create"], "create"],
    [["update"], "update"],
    [["delete"], "delete"],
    [["forget"], "forget"],
    [["delete", "create"], "replace"],
    [["create", "delete"], "replace"],
    [["create", "forget"], "replace"],
    [["renovate"], "unknown"],
    [[], "unknown"],
  ])("with the actions %j is shown as %s: what is not known is never left out", (actions, action) => {
    const plan = { format_version: "1.9", resource_changes: [{ address: "a.b", change: { actions } }] };
    expect(summarizePlan("s", plan).resources).toEqual(action === undefined ? [] : [{ address: "a.b", action }]);
  });

  it.each([
    ["no plan", {}],
    ["a later format", { ...PLAN, format_version: "2.0" }],
    ["half a plan", { ...PLAN, errored: true }],
    ["a resource without an address", { ...PLAN, resource_changes: [{}] }],
  ])("is refused when it is %s", (_name, plan) => {
    expect(() => summarizePlan("s", plan)).toThrow();
  });
});

describe("planning", () => {
  /** A cdktf and a Terraform that tell everybody what they should not. */
  function tools(behaviour: { diff?: number; show?: number; text?: string } = {}): {
    program: string;
    log: string;
    run: (stacks: readonly string[]) => Promise<{ lines: string[]; summary: Awaited<ReturnType<typeof planStacks>> }>;
  } {
    const program = temporary();
    const log = join(program, "calls.log");
    const text = behaviour.text ?? JSON.stringify(PLAN);
    writeFileSync(join(program, "show.json"), text);
    const script = (name: string, body: string): string => {
      writeFileSync(join(program, name), `#!/bin/sh\nprintf '%s|' "$@" >> ${log}\necho >> ${log}\n${body}\n`);
      chmodSync(join(program, name), 0o755);
      return join(program, name);
    };
    const cdktf = script(
      "cdktf",
      `echo "~ password = ${CANARY}"; echo "Error: ${CANARY}" >&2; echo ${CANARY} > "cdktf.out/stacks/$2/plan"; exit ${behaviour.diff ?? 0}`,
    );
    const terraform = script("terraform", `cat ${program}/show.json; echo ${CANARY} >&2; exit ${behaviour.show ?? 0}`);
    return {
      program,
      log,
      run: async (stacks) => {
        for (const stack of stacks)
          if (/^[\w-]+$/.test(stack)) mkdirSync(join(program, "cdktf.out/stacks", stack), { recursive: true });
        const lines: string[] = [];
        const summary = await planStacks({
          program,
          stacks,
          cdktf: [cdktf],
          terraform,
          progress: (line) => lines.push(line),
        });
        return { lines, summary };
      },
    };
  }

  it("asks cdktf for the stack that was synthesized, and leaves no plan behind", async () => {
    const { program, log, run } = tools();
    const { summary } = await run(["a"]);
    expect(summary.stacks[0].resources).toHaveLength(3);
    expect(readFileSync(log, "utf8")).toBe("diff|a|--skip-synth|--no-color|--output|cdktf.out|\nshow|-json|plan|\n");
    expect(existsSync(join(program, "cdktf.out/stacks/a/plan"))).toBe(false);
  });

  it.each([
    ["cdktf fails", { diff: 1 }, "init or plan failed"],
    ["Terraform cannot show it", { show: 1 }, "the plan cannot be read"],
    ["what it shows is not JSON", { text: CANARY }, "the plan cannot be read"],
    ["it is half a plan", { text: JSON.stringify({ ...PLAN, errored: true }) }, "the plan cannot be read"],
  ])("shows nothing of what was printed when %s", async (_name, behaviour, why) => {
    const { program, run } = tools(behaviour);
    const { lines, summary } = await run(["a"]);
    expect(summary).toEqual({ version: 1, stacks: [{ stack: "a", failed: why }] });
    const side = sideOf(reportOf([]), { a: {} });
    const input = { result: "success", folder: side };
    const plan = join(program, "plan.json");
    writeFileSync(plan, JSON.stringify(summary));
    const { markdown } = reportPullRequest({
      base: { result: "success", folder: sideOf(reportOf([])) },
      head: input,
      plan: { file: plan, result: "success" },
    });
    expect(markdown).toContain(why);
    expect(`${markdown}${lines.join()}${JSON.stringify(summary)}`).not.toContain(CANARY);
    expect(existsSync(join(program, "cdktf.out/stacks/a/plan"))).toBe(false);
  });

  it.each(["--app=evil", "-a", "../..", "a b", "a;b", "$(id)", "a\nb", ""])(
    "passes no stack called %j to anything",
    async (name) => {
      const { log, run } = tools();
      const { summary } = await run([name]);
      expect(summary.stacks).toEqual([{ stack: name, failed: "its name cannot be passed to cdktf" }]);
      expect(existsSync(log)).toBe(false);
    },
  );
});
