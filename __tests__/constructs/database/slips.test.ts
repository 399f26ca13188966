import { App } from "cdktf";
import { findingsOf } from "../../../constructs";
import { World } from "../../support/world";

/** What is said of names, when `web` reads a table or some columns. */
function said(name: string, columns: string[] = []): string[] {
  const app = new App();
  const world = new World(app);
  const table = world.db.schema("sales").table(name);
  (columns.length > 0 ? table.columns(...columns) : table).grants.read(world.identity("web"));
  return findingsOf(app)
    .filter(({ code }) => code === "object-name")
    .map(({ severity, message }) => `${severity} ${message.split(":")[0]}`);
}

test.each([
  ["sales.orders", 'warning table "sales.orders" holds a dot'],
  ["*", 'warning table "*" holds a *'],
  ["orders,invoices", 'warning table "orders,invoices" holds a comma'],
  ['"Orders"', 'warning table "\\"Orders\\"" holds quotes'],
  ["orders ", 'warning table "orders " begins or ends with a space'],
])("the table %s is hardly ever meant as it stands", (name, expected) => {
  expect(said(name)).toEqual([expected]);
});

test.each([
  ["orders.id", "name the column without its table"],
  ["*", "grant on the table itself, or name each column"],
  ["id,country", "name each column by itself"],
])("of the column %s the remedy is one for columns", (column, remedy) => {
  const app = new App();
  const world = new World(app);
  world.db.schema("sales").table("orders").columns(column).grants.read(world.identity("web"));
  const [{ fix }] = findingsOf(app).filter(({ code }) => code === "object-name");
  expect(fix).toBe(`${remedy}; acknowledge this where it is the name`);
});

test("several columns in one name are hardly ever meant; each by itself is right", () => {
  expect(said("orders", ["id, country"])).toEqual(['warning column "id, country" holds a comma']);
  expect(said("orders", ["id", "country"])).toEqual([]);
  expect(said("Orders of 2026")).toEqual([]);
});

test("the arguments of a function hold commas, dots and quotes by right; its name does not", () => {
  const of = (name: string): string[] => {
    const app = new App();
    const world = new World(app);
    world.db.schema("sales").function(name).grants.execute(world.identity("web"));
    return findingsOf(app)
      .filter(({ code }) => code === "object-name")
      .map(({ severity, message }) => `${severity} ${message.split(":")[0]}`);
  };
  expect(of("turnover(date, integer)")).toEqual([]);
  expect(of("sales.turnover(date)")).toEqual(['warning function "sales.turnover(date)" holds a dot']);
});
