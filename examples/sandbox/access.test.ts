import { App } from "cdktf";
import { expectAccess, expectNoAccess } from "leasehold/assertions";
import { test } from "node:test";
import { environment } from "./environment";
import { program } from "./program";

const app = new App();
program(app, environment);

// Whoever changes who may touch what changes this file too, and the reviewer sees both.
test("the web app reads wizards, and orders without who pays", () => {
  expectAccess(app)
    .of("shop/web")
    .toBe({ "shop.public.wizard": ["SELECT"], "shop.public.orders(id, wizard)": ["SELECT"] });
});

test("nobody but the migration writes", () => {
  expectNoAccess(app, "*", "shop.public", {
    privilege: "INSERT",
    except: ["shop/migrator"],
    // The server's own pod reads its first password with it; it opens nothing in the database.
    reviewed: ["leasehold-postgres-main"],
  });
});
