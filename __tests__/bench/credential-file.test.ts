import { parseCredential } from "../../bench";
import { Credential, IDatabaseAccess } from "../../constructs";
import { delivered } from "../support/delivery";
import { renderTemplate } from "../support/go-template";

type Format = (database: IDatabaseAccess) => Credential;
const FORMATS: [string, Format, { startup: boolean }][] = [
  ...(
    ["uri", "json", "keywords", "serviceFile", "jdbcUrl", "jdbcProperties", "npgsql", "dotenv", "prisma"] as const
  ).map((name): [string, Format, { startup: boolean }] => [
    name,
    (database) => Credential[name](database),
    { startup: true },
  ]),
  ["sqlalchemy", (database) => Credential.sqlalchemy(database), { startup: true }],
  ["sqlalchemy by asyncpg", (database) => Credential.sqlalchemy(database, { driver: "asyncpg" }), { startup: false }],
  ["pgpass", (database) => Credential.pgpass(database), { startup: false }],
];

test.each(FORMATS)("the bench reads format %s, whatever characters the password has", (name, format, { startup }) => {
  // libpq's service files have no way to escape anything.
  const password = name === "serviceFile" ? "Aa1-b" : 'a\'b""c:d+e f%g@h/i?j#k&l;m=n$o{p}q\\\\r';
  const place = { actsAs: "shop owner", sslMode: "verify-full", caFile: "/etc/leasehold/ca/0.pem" } as const;
  const { template } = delivered(place, format).secret;
  const read = parseCredential(
    renderTemplate(template, { username: "v-eu.shop.web-Xy1", password, LeaseDuration: "1" }),
  );
  expect(read).toMatchObject({
    user: "v-eu.shop.web-Xy1",
    password,
    host: "pg.example.com",
    port: 5432,
    database: "shop",
  });
  expect(read.options).toBe(startup ? "-c role=shop\\ owner" : undefined);
});

test("a text without a login is no credential, and is not shown", () => {
  for (const text of ["s3cret", "s3cret:x", "a=s3cret", '{"a":"s3cret"}'])
    expect(() => parseCredential(text)).toThrow(/^the file holds no user and password/);
});
