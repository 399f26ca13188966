import { connectionFrom, connectReadOnly } from "../../../audit/doctor/connection";
import { inNamespaceOf, vaultFrom } from "../../../audit/doctor/vault";

import { AccessGraph } from "../../../access";
import { database, graphOf as emptyGraph } from "../../support/graph";

const SERVICES = `# of everybody
[other]
host=other.example.com
[shop]
host = db.example.com
port=6432
user=reader
password=p=w
options=-c x=y
`;
const file = (path: string): string => {
  if (path !== "/home/me/.pg_service.conf") throw new Error(path);
  return SERVICES;
};

test.each([
  ["shop", {}, { dbname: "shop" }],
  ["main/shop", { PGHOST: "h", PGUSER: "u", PGPASSWORD: "p" }, { dbname: "shop", host: "h", user: "u", password: "p" }],
  ["shop=host=db user='a b' dbname=x", { PGUSER: "u" }, { dbname: "x", host: "db", user: "a b" }],
  [
    "shop=postgresql://me@db:5433/y?sslmode=verify-ca",
    {},
    { dbname: "y", host: "db", port: "5433", user: "me", sslmode: "verify-ca" },
  ],
  [
    "shop=service=shop user=me",
    { HOME: "/home/me" },
    { dbname: "shop", host: "db.example.com", port: "6432", user: "me", password: "p=w" },
  ],
  ["shop", { HOME: "/home/me", PGSERVICE: "other" }, { dbname: "shop", host: "other.example.com" }],
])("%s", (text, env, settings) => {
  expect(connectionFrom(text, env, file)).toEqual({ name: text.split("=")[0], settings });
});

test.each([
  ["shop=postgresql://me:secret@db/x", "a password in an argument"],
  ["shop=password=secret", "a password in an argument"],
  ["shop=host=db colour=red", 'keyword "colour" is not known'],
  ["shop=mysql://db", "mysql:// is not a PostgreSQL address"],
  ["shop=db.example.com", "no <keyword>=<value>"],
  ["shop=service=nobody", 'service "nobody" is not in'],
])("%s is refused, without the secret", (text, message) => {
  const attempt = (): unknown => connectionFrom(text, { HOME: "/home/me" }, file);
  expect(attempt).toThrow(message);
  expect(attempt).not.toThrow("secret");
});

test("modes of TLS that encrypt only if nobody minds are refused", async () => {
  await expect(connectReadOnly({ host: "127.0.0.1", dbname: "x", sslmode: "prefer" })).rejects.toThrow("verify-full");
});

test("a Vault needs both variables, and none is not a Vault", () => {
  expect(vaultFrom({})).toBeUndefined();
  expect(() => vaultFrom({ VAULT_ADDR: "http://127.0.0.1:8200" })).toThrow("VAULT_TOKEN");
  const address = "https://v.example.com:8200";
  expect(vaultFrom({ VAULT_ADDR: address, VAULT_TOKEN: "t", VAULT_NAMESPACE: "n" })).toEqual({
    address,
    token: "t",
    namespace: "n",
  });
});

test.each([
  ["http://v1/v1/", 'VAULT_ADDR "http://v1/v1/" ends with /v1, which every client of Vault adds'],
  ["v.example.com:8200", "has neither https:// nor http:// at its beginning: write it as https://"],
  ["https://me:secret@v.example.com", 'VAULT_ADDR "https://…@v.example.com" holds a login'],
])("VAULT_ADDR=%s is refused: every object would be missing there", (VAULT_ADDR, message) => {
  expect(() => vaultFrom({ VAULT_ADDR, VAULT_TOKEN: "t" })).toThrow(message);
});

test("a host may be called v1", () => {
  expect(vaultFrom({ VAULT_ADDR: "https://v1", VAULT_TOKEN: "t" })?.address).toBe("https://v1");
});

describe("the namespace of Vault is that of the report", () => {
  const graphOf = (...namespaces: (string | undefined)[]): AccessGraph => ({
    ...emptyGraph({}),
    databases: namespaces.map((vaultNamespace, index) => database(`db${index}`, { vaultNamespace })),
  });
  const ask = (graph: AccessGraph, namespace?: string): string | undefined =>
    inNamespaceOf(graph, { address: "a", token: "t", namespace }).namespace;

  test.each([
    ["said by the report alone", graphOf("admin"), undefined, "admin"],
    ["said by both", graphOf("admin"), "admin/", "admin/"],
    ["said by none", graphOf(undefined), undefined, undefined],
    ["said by the variable alone, for a report that is of no namespace", graphOf(undefined), "admin", "admin"],
    ["of a report without anything in Vault", graphOf(), "admin", "admin"],
  ])("%s", (_, graph, given, used) => expect(ask(graph, given)).toBe(used));

  test("another one, and several, are refused: what was read would be of another program", () => {
    expect(() => ask(graphOf("admin"), "team")).toThrow('VAULT_NAMESPACE is "team" and the program is in "admin"');
    expect(() => ask(graphOf("admin", undefined))).toThrow(
      'several namespaces of Vault, the root namespace and "admin"',
    );
  });
});
