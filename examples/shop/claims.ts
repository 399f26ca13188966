import type { Claim, Statement } from "../../bench/promises";

const may = (about: string, sql: string): Statement => ({ about, sql, allowed: true });
const mayNot = (about: string, sql: string): Statement => ({ about, sql, allowed: false });

/** What the shop's program promises of each login, as statements to try. */
export const CLAIMS: readonly Claim[] = [
  {
    namespace: "shop",
    deployment: "web",
    file: "shop",
    statements: [
      may("its table", "SELECT id, name FROM sales.wizard"),
      mayNot("write to it", "INSERT INTO sales.wizard (name) VALUES ('Saruman')"),
      mayNot("another table", "SELECT * FROM sales.orders"),
      mayNot("another schema", "SELECT * FROM staff.member"),
      mayNot("a function of others", "SELECT sales.turnover(1)"),
      mayNot("make a table", "CREATE TABLE public.mine (a integer)"),
      mayNot("make a temporary table", "CREATE TEMPORARY TABLE mine (a integer)"),
      mayNot("put on its group's role", 'SET ROLE "eu_shop_web_shop"'),
      mayNot("issue itself a login", "SELECT lease.issue('v-x', 'x', 'x', 'eu_shop_web_shop')"),
    ],
  },
  {
    namespace: "shop",
    deployment: "api",
    file: "shop",
    statements: [
      may("read orders", "SELECT * FROM sales.orders"),
      may("place an order", "INSERT INTO sales.orders (wizard, item, price) VALUES (3, 'broom', 9.5)"),
      may("change an order", "UPDATE sales.orders SET price = price + 1 WHERE item = 'hat'"),
      may("cancel an order", "DELETE FROM sales.orders WHERE item = 'hat'"),
      may("a function granted to it", "SELECT sales.turnover(1)"),
      may(
        "every table of staff",
        "SELECT m.name, s.day FROM staff.member m LEFT JOIN staff.shift s ON s.member = m.id",
      ),
      mayNot("write to staff", "DELETE FROM staff.shift"),
      mayNot("empty a table", "TRUNCATE sales.orders"),
      mayNot("another table", "SELECT * FROM sales.customer"),
    ],
  },
  {
    namespace: "shop",
    deployment: "api",
    file: "billing.json",
    statements: [
      may("write an invoice", 'INSERT INTO billing.invoice ("order", amount) VALUES (1, 20)'),
      mayNot("read invoices", "SELECT * FROM billing.invoice"),
      mayNot("another table", "SELECT * FROM billing.payment_method"),
    ],
  },
  {
    namespace: "bi",
    deployment: "reporting",
    file: "reporting.conf",
    host: "main.data.svc",
    database: "shop",
    statements: [
      may("its columns", "SELECT id, country FROM sales.customer"),
      may("count by its columns", "SELECT country, count(id) FROM sales.customer GROUP BY country"),
      mayNot("another column", "SELECT email FROM sales.customer"),
      mayNot("every column", "SELECT * FROM sales.customer"),
      mayNot("write its columns", "UPDATE sales.customer SET country = 'FR'"),
    ],
  },
];

/** Other databases of the same server, which no login may enter. */
export const OTHER_DATABASES: readonly string[] = ["postgres", "template1"];
