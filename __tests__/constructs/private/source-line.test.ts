import { App, Lazy } from "cdktf";
import { untraced, userLine } from "../../../constructs/private/source-line";
import { formatFinding } from "../../../access/findings/finding";
import { Credential, WorkloadIdentity } from "../../../constructs";
import { here } from "../../support/here";
import { findingsOfRefusal } from "../../support/program";
import { World } from "../../support/world";

describe("the user's line", () => {
  test("is the first one outside of the library, relative to the working directory", () => {
    expect(userLine()).toBe(here());
    const deeper = (): string | undefined => userLine();
    expect(deeper()).toMatch(/^__tests__\/constructs\/private\/source-line\.test\.ts:\d+$/);
  });

  test("is found while cdktf is spared its stack traces, and these are back when an element cannot be made", () => {
    const before = Error.captureStackTrace;
    const traceOf = (): string => {
      const holder = { stack: "" };
      Error.captureStackTrace(holder);
      return holder.stack;
    };
    expect(untraced(traceOf)).toBe("");
    expect(untraced(() => userLine())).toBe(here());
    expect(() =>
      untraced(() => {
        throw new Error("no such element");
      }),
    ).toThrow("no such element");
    expect(Error.captureStackTrace).toBe(before);
    expect(traceOf()).toContain("source-line.test.ts");
  });

  test("is known without the stack traces of cdktf, which takes none for one more workload", () => {
    const world = new World(new App());
    const { cluster, db, workloads } = world;
    const { captureStackTrace } = Error;
    let traces = 0;
    // Nobody but cdktf asks for all frames.
    Error.captureStackTrace = (holder: object, above?: unknown) => {
      if (Error.stackTraceLimit === Number.MAX_SAFE_INTEGER) traces += 1;
      captureStackTrace(holder, above as () => unknown);
    };
    try {
      Lazy.stringValue({ produce: () => "" });
      expect(traces).toBe(1);
      const web = world.identity("web");
      db.schema("sales").table("wizard").grants.read(web);
      db.schema("sales").table("wizard").columns("id").grants.custom(["UPDATE"], web);
      world.deployment(web, [Credential.uri(db)]);
    } finally {
      Error.captureStackTrace = captureStackTrace;
    }
    expect([cluster, workloads].map(({ node }) => node.children.length > 0)).toEqual([true, true]);
    expect(traces).toBe(1);
  });

  test("leaves node's stack depth as it was", () => {
    const before = Error.stackTraceLimit;
    userLine();
    expect(Error.stackTraceLimit).toBe(before);
  });

  test("is found from the depth of a statement of grants, and of two that contradict each other", () => {
    const lines: string[] = [];
    const findings = findingsOfRefusal((app) => {
      const world = new World(app);
      const web = world.identity("web");
      const table = world.db.schema("sales").table("wizard");
      lines.push(here(1));
      table.grants.custom([], web);
      lines.push(here(1));
      world.db.access(web, { connectionLimit: 1 });
      lines.push(here(1));
      world.db.access(web, { connectionLimit: 2 });
    });
    expect(findings.map(({ code, sources }) => [code, ...sources])).toEqual([
      ["privilege-unknown", lines[0]],
      ["option-conflict", lines[1], lines[2]],
    ]);
  });

  test("of an identity is that of its statement", () => {
    let line = "";
    const [finding] = findingsOfRefusal((app) => {
      const { config, cluster } = new World(app);
      line = here(1);
      new WorkloadIdentity(config, "web", { cluster, namespace: "Shop" });
    });
    expect(formatFinding(finding)).toContain(`at  who/web (${line})`);
  });
});
