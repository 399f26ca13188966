import { BootstrapKv, BootstrapPassword } from "../../../constructs";
import { inStack } from "../../support/program";
import { parseHcl } from "../../support/terraform-text";

test("BootstrapKv, minimal definition: a KV v2 mount `leasehold`", () => {
  const stack = inStack((scope) => {
    expect(new BootstrapKv(scope, "kv").path).toBe("leasehold");
  });
  expect(stack.census).toEqual({ vault_mount: 1 });
  expect(stack.only("vault_mount")).toMatchInlineSnapshot(`
   {
     "description": "Leasehold: bootstrap passwords, stack stack",
     "lifecycle": {
       "ignore_changes": [
         "type",
         "options",
       ],
     },
     "path": "leasehold",
     "type": "kv-v2",
   }
  `);
});

const PROPS = { mount: "leasehold", path: "postgres/main/admin", username: "leasehold_admin", version: 1 };

test("BootstrapPassword, minimal definition: random value to the entry, and the entry read back, both ephemeral", () => {
  const stack = inStack((scope) => void new BootstrapPassword(scope, "password", PROPS));
  expect(stack.census).toEqual({ vault_kv_secret_v2: 1 });
  expect(stack.only("vault_kv_secret_v2")).toMatchInlineSnapshot(`
   {
     "custom_metadata": {
       "max_versions": 1,
     },
     "data_json_wo": "\${jsonencode({"username" = "leasehold_admin", "password" = ephemeral.random_password.password_Random_AACB7C20.result})}",
     "data_json_wo_version": 1,
     "delete_all_versions": true,
     "mount": "leasehold",
     "name": "postgres/main/admin",
   }
  `);
  expect(stack.json.ephemeral).toMatchInlineSnapshot(`
   {
     "random_password": {
       "password_Random_AACB7C20": {
         "length": 40,
         "special": false,
       },
     },
     "vault_kv_secret_v2": {
       "password_Value_FAC9C0A9": {
         "depends_on": [
           "vault_kv_secret_v2.password_Entry_E618B0C4",
         ],
         "mount": "leasehold",
         "mount_id": "\${vault_kv_secret_v2.password_Entry_E618B0C4.id}",
         "name": "postgres/main/admin",
       },
     },
   }
  `);
});

test("BootstrapPassword gives consumers the entry, never the random value", () => {
  const stack = inStack((scope) => {
    const { value } = new BootstrapPassword(scope, "password", PROPS);
    expect(value.reference("data.password")).toMatch(
      /^\$\{ephemeral\.vault_kv_secret_v2\.[A-Za-z0-9_]+\.data\.password\}$/,
    );
  });
  const random = Object.keys(stack.ephemerals("random_password"))[0];
  expect(stack.text.split(`ephemeral.random_password.${random}`)).toHaveLength(2);
});

test("BootstrapPassword keeps a hostile user name inside its string", async () => {
  const username = '", password = "x${y}\\';
  const stack = inStack((scope) => void new BootstrapPassword(scope, "password", { ...PROPS, username }));
  const expression = stack.only("vault_kv_secret_v2").data_json_wo as string;
  const parsed = await parseHcl(`a = ${expression.slice("${jsonencode(".length, -2)}\n`);
  expect(parsed.a).toEqual({
    username: username.replace("${", () => "$${"),
    password: expect.stringMatching(/^\$\{ephemeral\.random_password\./) as string,
  });
});

test("BootstrapPassword makes a new value when its version rises, and only then", () => {
  const entry = (version: number): unknown =>
    inStack((scope) => void new BootstrapPassword(scope, "password", { ...PROPS, version })).only("vault_kv_secret_v2");
  expect(entry(2)).toEqual({ ...(entry(1) as object), data_json_wo_version: 2 });
});

test("their L1s are reachable, and overrides reach the JSON", () => {
  const stack = inStack((scope) => {
    new BootstrapKv(scope, "kv").resource.addOverride("seal_wrap", true);
    new BootstrapPassword(scope, "password", PROPS).entry.addOverride("delete_all_versions", false);
  });
  expect(stack.only("vault_mount").seal_wrap).toBe(true);
  expect(stack.only("vault_kv_secret_v2").delete_all_versions).toBe(false);
});
