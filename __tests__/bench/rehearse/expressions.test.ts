import fc from "fast-check";
import { escaped } from "../../../access/terraform/expression";
import { evaluate, parseReference, parseTemplate } from "../../../bench/rehearse/expressions";
import { Json, Where } from "../../../bench/rehearse/model/values";

const where = new Where("shop", "vault_policy.web", "policy");
const known: Record<string, Json> = {
  "vault_mount.kv.path": "bootstrap",
  "vault_mount.kv.id": "bootstrap",
  "kubernetes_namespace_v1.shop.metadata.0.name": "shop",
  "ephemeral.random_password.y.result": 'p"w${x}',
  "ephemeral.vault_kv_secret_v2.dba.data.password": "s3cret",
  "vault_database_secret_backend_role.web.default_ttl": 60,
};
const run = (text: string): Json =>
  evaluate(
    parseTemplate(text, where),
    (path) => {
      const value = known[path.join(".")];
      if (value === undefined) throw where.error(`no ${path.join(".")}`);
      return value;
    },
    where,
  );
const hostile = fc.string({
  unit: fc.constantFrom("$", "{", "}", "%", '"', "\\", "n", "ä", "\u2028", "😀", " ", "\n", "(", "a", "<", "&"),
});

describe("templates", () => {
  test("a string without interpolation is itself", () => {
    expect(run("SELECT lease.issue('{{name}}')")).toBe("SELECT lease.issue('{{name}}')");
    expect(run("")).toBe("");
    expect(run("$ and $$ and % and {}")).toBe("$ and $$ and % and {}");
  });

  test("escaped markers become the markers", () => {
    expect(run("a $${b} and %%{c}")).toBe("a ${b} and %{c}");
  });

  test("every text comes back from its escaped form", () => {
    fc.assert(fc.property(fc.oneof(hostile, fc.string({ unit: "binary" })), (text) => run(escaped(text)) === text));
  });

  test("one interpolation alone keeps its type", () => {
    expect(run("${vault_database_secret_backend_role.web.default_ttl}")).toBe(60);
    expect(run("${true}")).toBe(true);
    expect(run("${null}")).toBeNull();
  });

  test("an interpolation among text becomes text", () => {
    expect(run("auth/${vault_mount.kv.path}/config")).toBe("auth/bootstrap/config");
    expect(run("${vault_database_secret_backend_role.web.default_ttl}s")).toBe("60s");
    expect(() => run("x${null}")).toThrow(/cannot become part of a string/);
    expect(() => run("x${[1]}")).toThrow(/cannot become part of a string/);
  });

  test("references reach into blocks and maps", () => {
    expect(run("${kubernetes_namespace_v1.shop.metadata[0].name}")).toBe("shop");
    expect(run("${kubernetes_namespace_v1.shop.metadata.0.name}")).toBe("shop");
    expect(run('${ephemeral.vault_kv_secret_v2.dba.data["password"]}')).toBe("s3cret");
  });

  test("depends_on entries are references with or without markers", () => {
    expect(parseReference("vault_mount.kv", where)).toEqual(["vault_mount", "kv"]);
    expect(parseReference("${vault_mount.kv.path}", where)).toEqual(["vault_mount", "kv", "path"]);
    expect(() => parseReference("${jsonencode(1)}", where)).toThrow(/is not a reference/);
  });
});

describe("functions", () => {
  test("jsonencode writes what cdktf's Fn.jsonencode asks for", () => {
    const text =
      '${jsonencode({"username" = "x", "password" = ephemeral.random_password.y.result, "n" = [1, true, null]})}';
    expect(run(text)).toBe('{"n":[1,true,null],"password":"p\\"w${x}","username":"x"}');
  });

  test("a quoted string inside an expression reads its escapes", () => {
    expect(run('${jsonencode({"a" = "q\\"$${b}\\n\\u00e4"})}')).toBe('{"a":"q\\"${b}\\nä"}');
    expect(run('${jsonencode({a = "x-${vault_mount.kv.path}"})}')).toBe('{"a":"x-bootstrap"}');
  });

  test("jsonencode escapes the characters that Go's encoder escapes", () => {
    expect(run('${jsonencode("<a>&")}')).toBe('"\\u003ca\\u003e\\u0026"');
  });

  test("every text survives jsonencode inside an expression", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const quoted = JSON.stringify(text).replace(/([$%])\{/g, "$1$1{");
        expect(JSON.parse(String(run(`\${jsonencode({"v" = ${quoted}})}`)))).toEqual({ v: text });
      }),
    );
  });

  test("tostring, base64encode and nonsensitive do what Terraform does", () => {
    expect(run("${tostring(60)}")).toBe("60");
    expect(run('${base64encode("ä")}')).toBe("w6Q=");
    expect(run("${nonsensitive(vault_mount.kv.path)}")).toBe("bootstrap");
    expect(() => run("${tostring([1])}")).toThrow(/takes a string, number or boolean/);
  });
});

describe("what is not known", () => {
  test.each([
    ["${templatefile(1)}", /function templatefile\(\) is not known/],
    ["${constructor(1)}", /function constructor\(\) is not known/],
    ["${a.b == 1}", /of a kind that is not read/],
    ["${a.b ? 1 : 2}", /of a kind that is not read/],
    ["${a.b + 1}", /of a kind that is not read/],
    ["${a.*.b}", /of a kind that is not read/],
    ["${[for x in y : x]}", /of a kind that is not read/],
    ["%{ if true }x%{ endif }", /template directives/],
    ["${a.b", /never closed/],
    ['${"a}', /never closed/],
  ])("%s is refused with stack, address and argument", (text, problem) => {
    expect(() => run(text)).toThrow(problem);
    expect(() => run(text)).toThrow(/^stack "shop", vault_policy\.web, policy/);
  });
});
