import { App, TerraformStack } from "cdktf";
import {
  AdminCredential,
  findingsOf,
  GUARDRAILS_CONTEXT,
  PostgresInstance,
  VaultMode,
  VaultServer,
} from "../../../constructs";
import { sandbox } from "../../../examples/shop/environments";
import { DatabasesStack, PlatformStack } from "../../../stacks";
import { CA } from "../../support/certificates";
import { synthesize } from "../../support/program";

/** Codes of what a program with Vault in dev mode is refused for. */
function refused(
  context: Record<string, unknown>,
  say: (app: App, stack: TerraformStack) => void = () => undefined,
): string[] {
  const app = new App({ context });
  const stack = new TerraformStack(app, "platform");
  say(app, stack);
  new VaultServer(stack, "vault", { mode: VaultMode.dev(), injectNamespaces: ["shop"] });
  return findingsOf(app)
    .filter(({ severity }) => severity === "error")
    .map(({ code }) => code);
}

describe("guardrails", () => {
  test("hold a program that names no environment to production", () => {
    expect(refused({})).toEqual(["dev-production"]);
  });

  test("let a sandbox be a sandbox, once it is asked for", () => {
    expect(refused({ [GUARDRAILS_CONTEXT]: "sandbox" })).toEqual([]);
    expect(refused({}, (_, stack) => stack.node.setContext(GUARDRAILS_CONTEXT, "sandbox"))).toEqual([]);
  });

  test("take a misspelt name for no sandbox", () => {
    expect(refused({ [GUARDRAILS_CONTEXT]: "sandox" })).toEqual(["dev-production"]);
  });

  test("hold the whole program to production where one stage asks for it", () => {
    const both = (app: App): void => new TerraformStack(app, "other").node.setContext(GUARDRAILS_CONTEXT, "production");
    expect(refused({ [GUARDRAILS_CONTEXT]: "sandbox" }, both)).toEqual(["dev-production"]);
  });
});

test("a server that exists already stands under the App: no stack is made for it, and its warnings are shown", () => {
  const stacks = synthesize((app) => {
    const instance = PostgresInstance.fromEndpoint(app, "ledger", {
      endpoint: { host: "ledger.internal" },
      admin: AdminCredential.fromKv("postgres/ledger/admin"),
      majorVersion: 15,
      ca: CA,
    });
    new DatabasesStack(app, "databases", { environment: sandbox, instance });
    new PlatformStack(app, "platform", { environment: sandbox, namespaces: ["a"] });
  });
  expect(Object.keys(stacks).sort()).toEqual(["databases", "platform"]);
  expect(Object.values(stacks).flatMap(({ warnings }) => warnings)).toEqual([
    expect.stringMatching(/before PostgreSQL 16 a role with CREATEROLE, such as the admin of ledger/),
  ]);
});
