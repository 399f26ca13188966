import { App, TerraformElement, TerraformResource, TerraformStack, TerraformVariable } from "cdktf";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  afterManifest,
  BLOCK_FIELDS,
  elementTypeOf,
  insideOf,
  isWriterOfCdktf,
  isWrittenByCdktf,
  overridesOf,
  replaceStackMethods,
  whenChildAdded,
  whenSynthesized,
} from "../../../../constructs/private/cdktf/internals";

/** Each fails when cdktf, or constructs, changes what is relied upon. */
let outdir: string;
let app: App;
let stack: TerraformStack;

beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), "leasehold-internals-"));
  app = new App({ outdir });
  stack = new TerraformStack(app, "stack");
});

afterEach(() => rmSync(outdir, { recursive: true, force: true }));

const resource = (id = "r"): TerraformResource =>
  new TerraformResource(stack, id, { terraformResourceType: "null_resource" });

test("what addOverride gathers is where it is looked for, of a stack and of an element", () => {
  const made = resource();
  expect([overridesOf(stack), overridesOf(made)]).toEqual([{}, {}]);
  stack.addOverride("terraform.backend", { local: {} });
  made.addOverride("triggers", { a: "b" });
  expect([overridesOf(stack), overridesOf(made)]).toEqual([
    { terraform: { backend: { local: {} } } },
    { triggers: { a: "b" } },
  ]);
});

test("a resource has no field but those that end in its block, and these three", () => {
  const others = ["node", "_elementType", "terraformGeneratorMetadata"];
  const fields: readonly string[] = BLOCK_FIELDS;
  expect(Object.getOwnPropertyNames(resource()).filter((name) => !fields.includes(name))).toEqual(others);
});

test.each<[string, (made: TerraformResource) => void]>([
  ["_imported", (made) => made.importFrom("id")],
  ["_movedByTarget", (made) => made.moveTo("target")],
  ["_movedById", (made) => made.moveFromId("null_resource.old")],
  ["_hasMoved", (made) => made.moveToId("null_resource.new")],
  ["lifecycle", (made) => (made.lifecycle = { preventDestroy: true })],
])("%s is set by cdktf's own method", (field, change) => {
  const made = resource();
  const before = insideOf(made)[field];
  change(made);
  expect(insideOf(made)[field]).not.toEqual(before);
});

test("an element says what it was made as", () => {
  expect(elementTypeOf(new TerraformElement(stack, "e", "ephemeral.random_password"))).toBe(
    "ephemeral.random_password",
  );
});

test("cdktf's own methods are known, and a user's is told apart", () => {
  class Own extends TerraformResource {
    override toTerraform(): object {
      return {};
    }
  }
  expect(isWriterOfCdktf(resource().toTerraform)).toBe(true);
  expect(isWriterOfCdktf(new TerraformVariable(stack, "v", {}).toTerraform)).toBe(true);
  expect(isWriterOfCdktf(new Own(stack, "own", { terraformResourceType: "null_resource" }).toTerraform)).toBe(false);
  const { toTerraform } = stack as unknown as { toTerraform(): unknown };
  expect([isWrittenByCdktf(stack, toTerraform), isWrittenByCdktf(stack, () => ({}))]).toEqual([true, false]);
});

test("cdktf prepares a stack and then writes it, by the methods that stand on it", () => {
  const called: string[] = [];
  replaceStackMethods(stack, ({ prepareStack, toTerraform }) => ({
    prepareStack: () => {
      called.push("prepare");
      return prepareStack.call(stack);
    },
    toTerraform: () => {
      called.push("write");
      return toTerraform.call(stack);
    },
  }));
  app.synth();
  expect([called[0], called.at(-1)]).toEqual(["prepare", "write"]);
});

test("a construct is called when its stack is written, and the manifest is written last", () => {
  const manifest = join(outdir, "manifest.json");
  const seen: [string, boolean][] = [];
  whenSynthesized(resource(), (session) => {
    seen.push(["stack", existsSync(manifest)]);
    afterManifest(session.manifest, () => {
      seen.push(["manifest", existsSync(manifest)]);
      writeFileSync(join(outdir, "beside.txt"), "");
    });
  });
  app.synth();
  expect(seen).toEqual([
    ["stack", false],
    ["manifest", true],
  ]);
  expect(existsSync(join(outdir, "beside.txt"))).toBe(true);
});

test("whoever makes a construct in a stack is noticed", () => {
  const ids: string[] = [];
  whenChildAdded(stack, (id) => ids.push(id));
  resource("first");
  expect(ids).toEqual(["first"]);
});
