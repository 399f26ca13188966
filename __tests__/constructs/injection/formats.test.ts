import * as fc from "fast-check";
import { parse as parseUri } from "pg-connection-string";
import { Credential, DatabaseMigration, IDatabaseAccess, InjectedDeployment, Migrations } from "../../../constructs";
import { delivered, parseKeywords, Place } from "../../support/delivery";
import { onlySecret, renderTemplate } from "../../support/go-template";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

const LOGIN = { username: "v-eu.shop.web-Xy1", password: "Aa1-bB2", LeaseDuration: "3600" };
const FULL: Place = { sslMode: "verify-full", caFile: "/etc/leasehold/ca/0.pem", actsAs: "shop owner" };
type Format = (database: IDatabaseAccess) => Credential;
const FORMATS: Readonly<Record<string, Format>> = {
  uri: (database) => Credential.uri(database),
  jdbcUrl: (database) => Credential.jdbcUrl(database),
  jdbcProperties: (database) => Credential.jdbcProperties(database),
  npgsql: (database) => Credential.npgsql(database),
  dotenv: (database) => Credential.dotenv(database),
  pgpass: (database) => Credential.pgpass(database),
  psycopg: (database) => Credential.sqlalchemy(database),
  psycopg2: (database) => Credential.sqlalchemy(database, { driver: "psycopg2" }),
  asyncpg: (database) => Credential.sqlalchemy(database, { driver: "asyncpg" }),
  prisma: (database) => Credential.prisma(database),
};
const file = (format: Format, place: Place = FULL, login: object = {}): string =>
  renderTemplate(delivered(place, format).secret.template, { ...LOGIN, ...login });

describe("each format, with TLS, a CA and the role that a migration acts as", () => {
  test.each([
    [
      "jdbcUrl",
      "jdbc:postgresql://pg.example.com:5432/shop?user=v-eu.shop.web-Xy1&password=Aa1-bB2&sslmode=verify-full&sslrootcert=%2Fetc%2Fleasehold%2Fca%2F0.pem&ApplicationName=shop%2Fweb&options=-c%20role%3Dshop%5C%20owner",
    ],
    [
      "jdbcProperties",
      [
        ...["url=jdbc:postgresql://pg.example.com:5432/shop", "user=v-eu.shop.web-Xy1", "password=Aa1-bB2"],
        ...["sslmode=verify-full", "sslrootcert=/etc/leasehold/ca/0.pem", "ApplicationName=shop/web"],
        ...["options=-c\\ role=shop\\\\\\ owner"],
      ].join("\n"),
    ],
    [
      "npgsql",
      'Host="pg.example.com";Port=5432;Database="shop";Username="v-eu.shop.web-Xy1";Password="Aa1-bB2";SSL Mode=VerifyFull;Root Certificate="/etc/leasehold/ca/0.pem";Application Name="shop/web";Options="-c role=shop\\ owner"',
    ],
    [
      "dotenv",
      "DATABASE_URL='postgresql://v-eu.shop.web-Xy1:Aa1-bB2@pg.example.com:5432/shop?sslmode=verify-full&sslrootcert=%2Fetc%2Fleasehold%2Fca%2F0.pem&application_name=shop%2Fweb&options=-c%20role%3Dshop%5C%20owner'",
    ],
    ["pgpass", "pg.example.com:5432:shop:v-eu.shop.web-Xy1:Aa1-bB2"],
    [
      "psycopg",
      "postgresql+psycopg://v-eu.shop.web-Xy1:Aa1-bB2@pg.example.com:5432/shop?sslmode=verify-full&sslrootcert=%2Fetc%2Fleasehold%2Fca%2F0.pem&application_name=shop%2Fweb&options=-c%20role%3Dshop%5C%20owner",
    ],
    ["asyncpg", "postgresql+asyncpg://v-eu.shop.web-Xy1:Aa1-bB2@pg.example.com:5432/shop?ssl=verify-full"],
    [
      "prisma",
      "postgresql://v-eu.shop.web-Xy1:Aa1-bB2@pg.example.com:5432/shop?sslmode=require&sslaccept=strict&sslcert=%2Fetc%2Fleasehold%2Fca%2F0.pem&application_name=shop%2Fweb&options=-c%20role%3Dshop%5C%20owner",
    ],
  ])("%s", (name, expected) => expect(file(FORMATS[name])).toBe(expected));

  test("Prisma does not check a certificate that libpq would not check, and says nothing of one without TLS", () => {
    expect(file(FORMATS.prisma, { sslMode: "require" })).toContain("?sslmode=require&sslaccept=accept_invalid_certs&");
    expect(file(FORMATS.prisma, { sslMode: "disable" })).toContain("?sslmode=disable&application_name");
  });
});

const PGPASS = jest.requireActual<{ parseLine(line: string): Login }>("pgpass/lib/helper");

/** How each format is read by what reads it: password and user come back as Vault made them. */
type Login = { readonly user?: string; readonly password?: string };
const fromUrl = (text: string): Login => {
  const [, user, password] = /^[a-z0-9+]+:\/\/([^:@/?#]*):([^:@/?#]*)@/.exec(text) as string[];
  return { user: decodeURIComponent(user), password: decodeURIComponent(password) };
};
/** java.util.Properties: a backslash keeps the next character, or names a control character. */
const fromProperties = (text: string): Login => {
  const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f" };
  const lines = text.split(/\r\n|\n|\r/).map((line) => /^(\w+)=[ \t\f]*(.*)$/s.exec(line));
  return Object.fromEntries(
    lines.flatMap((line) =>
      line ? [[line[1], line[2].replace(/\\(.)/gs, (_, char: string) => controls[char] ?? char)]] : [],
    ),
  ) as Login;
};
/** ADO.NET: pairs of key and value in double quotes, which are doubled. */
const fromAdo = (text: string): Login => {
  const pairs = [...text.matchAll(/([A-Za-z ]+)=(?:"((?:[^"]|"")*)"|([^;"]*))(?:;|$)/gy)];
  expect(pairs.map(([pair]) => pair).join("")).toBe(text);
  const values = Object.fromEntries(pairs.map(([, key, quoted, bare]) => [key, quoted?.replaceAll('""', '"') ?? bare]));
  return { user: values.Username, password: values.Password };
};
const READERS: Readonly<Record<string, (text: string) => Login>> = {
  uri: fromUrl,
  jdbcUrl: (text) => {
    // Its driver takes what is behind the last `?`, splits at `&`, and decodes as a form.
    const form = new URLSearchParams(text.slice(text.indexOf("?") + 1));
    return { user: form.get("user") ?? undefined, password: form.get("password") ?? undefined };
  },
  jdbcProperties: fromProperties,
  npgsql: fromAdo,
  dotenv: (text) => {
    const uri = /^DATABASE_URL='([^'"$\\`#\s]*)'$/.exec(text)?.[1] as string;
    return parseUri(uri.replace("sslmode=verify-full", "sslmode=disable").replace(/&sslrootcert=[^&]*/, "")) as Login;
  },
  // The real reader of node-postgres.
  pgpass: (text) => PGPASS.parseLine(text),
  psycopg: fromUrl,
  psycopg2: fromUrl,
  asyncpg: fromUrl,
  prisma: fromUrl,
};

const password = fc.oneof(
  fc.string({ minLength: 1 }),
  fc
    .array(
      fc.constantFrom("\\", "'", '"', ":", "+", " ", "%", "@", "/", "?", "#", "&", ";", "=", "$", "{", "}", "é", "a"),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map((parts) => parts.join("")),
);

test.each(Object.keys(FORMATS))("any password comes back from %s as it was", (name) => {
  fc.assert(
    fc.property(password, (secret) => {
      // No line of this file can hold the end of one; Go and Terraform take no half of a pair.
      fc.pre(!/\p{Cs}/u.test(secret) && !(name === "pgpass" && /[\r\n]/.test(secret)));
      expect(READERS[name](file(FORMATS[name], FULL, { password: secret }))).toMatchObject({
        user: LOGIN.username,
        password: secret,
      });
    }),
    { numRuns: 500 },
  );
});

test("any password comes back from libpq's keywords as it was", () => {
  fc.assert(
    fc.property(password, (secret) => {
      fc.pre(!/\p{Cs}/u.test(secret));
      const text = file((database) => Credential.keywords(database), FULL, { password: secret });
      expect(parseKeywords(text).password).toBe(secret);
    }),
    { numRuns: 500 },
  );
});

test.each(Object.keys(FORMATS))("%s stays one block of its own secret, whatever the names are", (name) => {
  for (const databaseName of ["{{ end }}", "a'b\"c\\d:e", "}}{", "{{{{{"]) {
    const { secret } = delivered({ ...FULL, databaseName, actsAs: databaseName }, FORMATS[name]);
    expect(onlySecret(secret.template)).toBe("database/main/shop/creds/eu.shop.web");
    expect(() => renderTemplate(secret.template, LOGIN)).not.toThrow();
  }
});

describe("refused", () => {
  const problems = (format: Format, place: Place = {}): string[] =>
    delivered(place, format).problems.map(({ message }) => message);
  test("a variable that no shell takes", () => {
    expect(problems((database) => Credential.dotenv(database, { variable: "A B" }))).toEqual([
      'variable "A B" is not a valid name of a shell variable',
    ]);
  });
  test("a database whose name SQLAlchemy would not decode", () => {
    expect(problems(FORMATS.psycopg, { databaseName: "a b" })).toEqual([
      'database name "a b" cannot stand in a URL of SQLAlchemy',
    ]);
  });

  test("a password file that the app could not read, since the agent that writes it is another user", () => {
    const build = (props: object) => (app: ConstructorParameters<typeof World>[0]) => {
      const world = new World(app);
      const identity = world.identity("web");
      world.db.schema("sales").table("wizard").grants.read(identity);
      const credentials = [Credential.pgpass(world.db)];
      new InjectedDeployment(world.workloads, "web", { identity, containers: [CONTAINER], credentials, ...props });
    };
    expect(findingsOfRefusal(build({})).map(({ code }) => code)).toEqual(["credential-file"]);
    const containers = [{ ...CONTAINER, securityContext: { runAsUser: 1000 } }];
    expect(() => synthesize(build({ containers, injector: { runAsSameUser: true } }))).not.toThrow();
  });
});

describe("a migration acts as the owner, or is refused", () => {
  const build = (credential: Format) => (app: ConstructorParameters<typeof World>[0]) => {
    const world = new World(app);
    new DatabaseMigration(world.db, "migration", {
      identity: world.identity("migrator"),
      migrations: Migrations.fromContainer(
        { ...CONTAINER, securityContext: { runAsUser: 1000 } },
        { credential: credential(world.db) },
      ),
      injector: { runAsSameUser: true },
    });
  };
  const custom =
    (template: string): Format =>
    (database) =>
      Credential.custom(database, template);

  test.each<[string, Format]>([
    ["pgpass", FORMATS.pgpass],
    ["asyncpg", FORMATS.asyncpg],
    ["custom", custom("{{ .Data.username }}:{{ .Data.password }}@{{ .Place.host }}")],
    ["custom with the words only", custom("{{ .Data.username }}:{{ .Data.password }} .Place.ownerRole")],
  ])("refused: %s", (_, format) => {
    const [finding, ...others] = findingsOfRefusal(build(format));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      code: "migration",
      message: expect.stringContaining("names no role that the migration acts as") as string,
    });
  });

  test.each(Object.entries(FORMATS).filter(([name]) => !["pgpass", "asyncpg"].includes(name)))("%s", (_, format) => {
    const { access } = synthesize(build(format));
    expect(JSON.stringify(access.only("kubernetes_job_v1"))).toContain("shop_owner");
  });

  test("a custom template is given what is known at synthesis", () => {
    const template =
      "{{ .Place.host }} {{ .Place.port }} {{ .Place.database }} {{ .Place.sslMode }} {{ .Place.caFile }} {{ .Place.applicationName }} {{ .Place.ownerRole }} {{ .Place.options }}";
    expect(file(custom(template))).toBe(
      "pg.example.com 5432 shop verify-full /etc/leasehold/ca/0.pem shop/web shop owner -c role=shop\\ owner",
    );
    expect(file(custom("[{{ .Place.ownerRole }}{{ .Place.caFile }}]"), {})).toBe("[]");
    expect(file(custom("{{ .Place.database }}{{ .Data.username }}"), { databaseName: "a{" })).toBe(
      "a{v-eu.shop.web-Xy1",
    );
    for (const bad of ["{{ .Place.secret }}", "{{ .Place.host | toJSON }}", "{{ .Place }}"])
      expect(delivered({}, custom(bad)).problems.map(({ code }) => code)).toEqual(["credential-template"]);
  });
});
