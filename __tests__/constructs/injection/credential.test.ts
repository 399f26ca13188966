import * as fc from "fast-check";
import { Credential, CredentialOptions, IDatabaseAccess, Reload } from "../../../constructs";
import { renderAnnotations } from "../../../constructs/injection/annotations";
import { delivered, parseKeywords, parseServiceFile, Place } from "../../support/delivery";
import { onlySecret, renderTemplate } from "../../support/go-template";
import { hostileText } from "../../support/arbitraries";

/** As Vault makes them: letters, digits and dashes. */
const LOGIN = { username: "v-eu.shop.web-Xy1", password: "Aa1-bB2", LeaseDuration: "3600" };
const PATH = "database/main/shop/creds/eu.shop.web";

type Format = (database: IDatabaseAccess, options?: CredentialOptions) => Credential;
const FORMATS: [string, Format][] = [
  ["uri", Credential.uri],
  ["json", Credential.json],
  ["keywords", Credential.keywords],
  ["serviceFile", Credential.serviceFile],
];
const FULL: Place = { sslMode: "verify-full", caFile: "/etc/leasehold/ca/0.pem", actsAs: "shop owner" };
const file = (format: Format, place: Place = {}): string =>
  renderTemplate(delivered(place, (database) => format(database)).secret.template, LOGIN);

describe("a credential, minimal definition", () => {
  test("as URI", () => {
    expect(file(Credential.uri, { sslMode: "disable" })).toBe(
      "postgresql://v-eu.shop.web-Xy1:Aa1-bB2@pg.example.com:5432/shop?sslmode=disable&application_name=shop%2Fweb",
    );
  });

  test("as JSON", () => {
    expect(JSON.parse(file(Credential.json, { sslMode: "disable" }))).toEqual({
      username: "v-eu.shop.web-Xy1",
      password: "Aa1-bB2",
      host: "pg.example.com",
      port: 5432,
      database: "shop",
      sslmode: "disable",
      application_name: "shop/web",
    });
  });

  test("as libpq's keywords", () => {
    expect(file(Credential.keywords, { sslMode: "disable" })).toBe(
      [
        ...["host='pg.example.com'", "port=5432", "dbname='shop'", "user='v-eu.shop.web-Xy1'", "password='Aa1-bB2'"],
        ...["sslmode=disable", "application_name='shop/web'"],
      ].join("\n"),
    );
  });

  test("as libpq's service file", () => {
    expect(file(Credential.serviceFile, { sslMode: "disable" })).toBe(
      [
        ...["[leasehold]", "host=pg.example.com", "port=5432", "dbname=shop", "user=v-eu.shop.web-Xy1"],
        ...["password=Aa1-bB2", "sslmode=disable", "application_name=shop/web"],
      ].join("\n"),
    );
  });

  test("as one's own text", () => {
    const text = "user={{ .Data.username }} for {{.LeaseDuration}}s {{- .Data.password | toJSON }}";
    expect(file((database) => Credential.custom(database, text))).toBe('user=v-eu.shop.web-Xy1 for 3600s"Aa1-bB2"');
  });

  test.each(FORMATS)("as %s carries CA, sslmode and the role that a migration acts as", (name, format) => {
    const text = file(format, FULL);
    const parsed =
      name === "json"
        ? (JSON.parse(text) as Record<string, unknown>)
        : name === "keywords"
          ? parseKeywords(text)
          : name === "serviceFile"
            ? parseServiceFile(text)
            : Object.fromEntries(new URL(text).searchParams);
    expect(parsed).toMatchObject({
      sslmode: "verify-full",
      sslrootcert: "/etc/leasehold/ca/0.pem",
      options: "-c role=shop\\ owner",
      application_name: "shop/web",
    });
  });

  test("is a file of the database's name, readable in the pod, of its one path", () => {
    const { secret } = delivered({}, (database) => Credential.uri(database));
    expect({ ...secret, template: "" }).toEqual({ name: "shop", path: PATH, template: "" });
    expect(renderAnnotations({}, [secret])).toEqual({
      "vault.hashicorp.com/agent-inject": "true",
      "vault.hashicorp.com/agent-inject-secret-shop": PATH,
      "vault.hashicorp.com/agent-inject-template-shop": secret.template,
      "vault.hashicorp.com/error-on-missing-key-shop": "true",
    });
  });
});

describe("the options of a credential", () => {
  const options = {
    file: "db.conf",
    perms: "0440",
    reload: Reload.httpPost({ port: 8080 }),
    applicationName: "my app",
  };
  test.each(FORMATS)("are the same in format %s", (_, format) => {
    const { secret } = delivered({}, (database) => format(database, options));
    expect(secret).toMatchObject({ name: "db.conf", perms: "0440", reload: { kind: "http" } });
    expect(decodeURIComponent(renderTemplate(secret.template, LOGIN))).toContain("my app");
  });

  test("name the file `database` where the database's name is not fit for one", () => {
    expect(delivered({ databaseName: "Shop" }, (database) => Credential.uri(database)).secret.name).toBe("database");
  });

  test("are annotations", () => {
    const { secret } = delivered({}, (database) => Credential.uri(database, options));
    expect(renderAnnotations({}, [secret])).toMatchObject({
      "vault.hashicorp.com/agent-inject-perms-db.conf": "0440",
      "vault.hashicorp.com/agent-inject-command-db.conf":
        "timeout 10 wget -q -O /dev/null --post-data= http://127.0.0.1:8080/ || echo 'leasehold: nobody took a POST to port 8080: an app that was running still has its old login'",
    });
  });
});

describe("a template of one's own", () => {
  const problems = (template: string): string[] =>
    delivered({}, (database) => Credential.custom(database, template)).problems.map(({ code }) => code);

  test.each([
    "{{ .Data.username }}",
    "{{.Data.password}}",
    "{{- .LeaseID -}}",
    "{{ .Data.password | toJSON | base64Encode }}",
    '{{ .Data.password | printf "%q" }}',
    "no action } at { all",
  ])("may be %j", (template) => {
    expect(problems(template)).toEqual([]);
  });

  test.each([
    "{{ end }}",
    '{{ end }}{{ with secret "sys/raw/x" }}',
    '{{ with secret "a" }}',
    '{{ secret "a" }}',
    "{{ .Data }}",
    "{{ env `PATH` }}",
    '{{ file "/etc/passwd" }}',
    "{{/* */}}",
    "{{ .Data.username }",
    "{{ .Data.username-}}",
    "{{-.Data.username }}",
    "{{\u00a0.Data.username }}",
    "{{",
    "{{{ .Data.username }}",
    '{{ .Data.username | printf "%s" }}',
    '{{ .Data.username | plugin "sh" }}',
    "{{ .Data.username | executeTemplate }}",
    "{{ range .Data }}",
    "{{\n.Data.username}}{{end}}",
    // What a map of cdktf's becomes where a text is wanted: the report could not resolve it, after the files.
    "String Map Token Value",
    "Any Map Token Value",
    "e\u0301",
  ])("may not be %j", (template) => {
    expect(problems(template)).toContain("credential-template");
  });

  test("keeps its one block when it is not refused, whatever is in it", () => {
    const piece = fc.constantFrom(
      ...["{{ .Data.username }}", "{{- .Data.password -}}", "{{ end }}", '{{ with secret "x" }}', "{{", "}}", "-}}"],
      ...["{", "}", "a", "\n", " ", '"', "`", "'", "\\", "{{/*", "*/}}", "| toJSON", ".Data.username"],
    );
    const template = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(template, (text) => {
        fc.pre(problems(text).length === 0);
        const { secret } = delivered({}, (database) => Credential.custom(database, text));
        expect(onlySecret(secret.template)).toBe(PATH);
        expect(() => renderTemplate(secret.template, LOGIN)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  test("that ends in `{` stays apart from the end of its block", () => {
    const { secret } = delivered({}, (database) => Credential.custom(database, "{{ .Data.username }} {"));
    expect(renderTemplate(secret.template, LOGIN)).toBe("v-eu.shop.web-Xy1 {");
  });
});

describe("hostile names", () => {
  const place = fc.record({
    databaseName: hostileText.filter((text) => text !== ""),
    host: fc.oneof(fc.constant("pg.example.com"), hostileText),
    file: fc.option(fc.oneof(hostileText, fc.stringMatching(/^[a-z0-9._-]{1,45}$/)), { nil: undefined }),
    applicationName: fc.option(hostileText, { nil: undefined }),
  });

  test.each(FORMATS)("are refused or leave format %s whole", (name, format) => {
    fc.assert(
      fc.property(place, ({ databaseName, host, file: fileName, applicationName }) => {
        const { secret, problems } = delivered({ databaseName, endpoint: { host }, sslMode: "disable" }, (database) =>
          format(database, { file: fileName, applicationName }),
        );
        // The database's name is judged by its own rule, which refuses Vault's placeholders and so Go's braces.
        fc.pre(problems.length === 0 && !/\{\{|\}\}|[\n\r\0]/.test(databaseName));
        // A host may be a token, whose value nobody knows; text around it is not looked at.
        fc.pre(!host.includes("TfToken"));
        for (const key of Object.keys(renderAnnotations({}, [secret])))
          expect(key).toMatch(/^vault\.hashicorp\.com\/(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/);
        expect(onlySecret(secret.template)).toBe(PATH);
        const text = renderTemplate(secret.template, LOGIN);
        const app = applicationName ?? "shop/web";
        if (name === "json") {
          expect(JSON.parse(text)).toMatchObject({ database: databaseName, host, application_name: app });
        } else if (name === "keywords") {
          expect(parseKeywords(text)).toMatchObject({ dbname: databaseName, host, application_name: app });
        } else if (name === "serviceFile") {
          expect(parseServiceFile(`${text}\n`)).toMatchObject({ dbname: databaseName, user: LOGIN.username });
        } else {
          const [, database, query] = /^postgresql:\/\/[^/?#]*\/([^/?#]*)\?([^?#]*)$/.exec(text) as string[];
          expect(decodeURIComponent(database)).toBe(databaseName);
          expect(query.split("&")).toEqual(["sslmode=disable", `application_name=${encodeURIComponent(app)}`]);
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each(["a{}}b", "{{", "}}{", "{{ end }}", "{{{{{"])(
    "as an application name, %j leaves the template whole",
    (name) => {
      for (const [, format] of FORMATS) {
        const { secret } = delivered({}, (database) => format(database, { applicationName: name }));
        expect(onlySecret(secret.template)).toBe(PATH);
        expect(decodeURIComponent(renderTemplate(secret.template, LOGIN))).toContain(name);
      }
    },
  );

  test.each(["a\noptions=-c role=owner", "", "\ud800", "n".repeat(64)])("an application name %j is refused", (name) => {
    for (const [, format] of FORMATS) {
      const { problems } = delivered({}, (database) => format(database, { applicationName: name }));
      expect(problems.map(({ code }) => code)).toEqual(["credential-template"]);
    }
  });
});
