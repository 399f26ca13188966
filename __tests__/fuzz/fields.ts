import * as fc from "fast-check";
import { CA, OTHER_CA } from "../support/certificates";
import { hostileText, nearly, SPECIAL_TEXTS } from "../support/arbitraries";

/** What a prop is a name of: it decides what plain values look like, and what a hostile one could break. */
type Kind =
  | "label"
  | "subdomain"
  | "sql"
  | "function"
  | "role"
  | "path"
  | "file"
  | "host"
  | "text"
  | "template"
  | "url"
  | "policy"
  | "policyPath"
  | "labelKey"
  | "labelValue"
  | "parameter"
  | "image"
  | "size"
  | "certificate";

interface FieldOf {
  readonly kind: Kind;
  readonly fallback: string;
}

const field = (kind: Kind, fallback: string): FieldOf => ({ kind, fallback });

/** Every string of the public API that a program of the fuzzer sets, with the value it has when nothing is tried on it. */
export const FIELDS = {
  cluster: field("label", "eu"),
  authPath: field("path", "kubernetes-eu"),
  audience: field("text", "vault"),
  kubernetesHost: field("url", "https://10.0.0.1:6443"),
  kubernetesCa: field("certificate", CA),
  namespace: field("label", "shop"),
  serviceAccount: field("subdomain", "web"),
  instance: field("label", "main"),
  host: field("host", "main.example.com"),
  hostFromVault: field("host", "vault-side.example.com"),
  hostFromTerraform: field("host", "bastion.example.com"),
  ca: field("certificate", CA),
  caFile: field("text", "/etc/postgres/ca.pem"),
  adminMount: field("path", "leasehold"),
  adminPath: field("path", "postgres/main/admin"),
  adminUser: field("role", "leasehold_admin"),
  database: field("role", "shop"),
  owner: field("role", "shop_owner"),
  mountPath: field("path", "database/main/shop"),
  kvMount: field("path", "leasehold"),
  groupRole: field("role", "shop_web"),
  schema: field("sql", "sales"),
  table: field("sql", "wizard"),
  otherTable: field("sql", "orders"),
  column: field("sql", "id"),
  otherColumn: field("sql", "name"),
  allOf: field("sql", "staff"),
  sequence: field("sql", "wizard_id_seq"),
  function: field("function", "price(integer, text)"),
  policyName: field("policy", "flags"),
  policyPath: field("policyPath", "flags/data/shop"),
  policyText: field("text", "reads its flags"),
  parameter: field("parameter", "hash"),
  parameterValue: field("parameter", "sha2-256"),
  givenPolicy: field("policy", "team"),
  file: field("file", "login"),
  applicationName: field("text", "shop/web"),
  reloadPath: field("file", "reload"),
  template: field("template", "{{ .Data.username }}:{{ .Data.password }}"),
  secretName: field("file", "flags"),
  secretPath: field("policyPath", "flags/data/shop"),
  secretFile: field("file", "flags.json"),
  deployment: field("label", "web"),
  labelKey: field("labelKey", "tier"),
  labelValue: field("labelValue", "front"),
  annotationKey: field("labelKey", "example.com/owner"),
  annotationValue: field("text", "shop"),
  vaultAddress: field("url", "https://vault.vault.svc:8200"),
  telemetryKey: field("file", "prometheus-retention-time"),
  telemetryValue: field("text", "1h"),
  tlsSecret: field("subdomain", "vault-tls"),
  image: field("image", "postgres:18"),
  storage: field("size", "10Gi"),
  storageClass: field("subdomain", "fast"),
  serverTls: field("subdomain", "postgres-tls"),
  allowFrom: field("label", "shop"),
} as const satisfies Readonly<Record<string, FieldOf>>;

export type Field = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as Field[];

/** Values that must be taken: a library that refuses everything would mean nothing wrong either. */
const PLAIN: Readonly<Record<Kind, fc.Arbitrary<string>>> = {
  label: fc.stringMatching(/^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$/),
  subdomain: fc.stringMatching(/^[a-z]([-a-z0-9]{0,8}[a-z0-9])?(\.[a-z0-9]{1,4})?$/),
  sql: fc.oneof(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_ $.]{0,12}[a-z]$/),
    fc.constantFrom(
      ...[
        "select",
        "table",
        "user",
        "Order Items",
        "größe",
        "価格",
        "a'b",
        'a"b',
        "a\\b",
        "$$",
        "a--b",
        "/*",
        "a;b",
        "*",
      ],
      ...[
        "${x}",
        "%{if x}",
        "{{name}}",
        "a,b",
        "a{b",
        "a}}b",
        "price😀",
        "é".repeat(31),
        "x".repeat(63),
        "END",
        "null",
        ".",
      ],
    ),
  ),
  function: fc.stringMatching(/^[a-z][a-z0-9_ ]{0,8}[a-z](\((integer|text\[\]|integer, text)?\))?$/),
  role: fc.oneof(
    fc.stringMatching(/^[a-oq-z][a-z0-9_ $-]{0,8}[a-z]$/).map((name) => `${name}1`),
    fc.constantFrom("größe", "Team A", "a${b}c", "a{b}", "日本", "END", "select", "a,b"),
  ),
  path: fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}(\/[a-z0-9][a-z0-9_-]{0,6}){0,2}$/),
  file: fc.stringMatching(/^[a-eg-z][-a-z0-9._]{0,8}[a-z0-9]$/),
  host: fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z](\.[a-z]{2,6}){0,2}$/),
    fc.constantFrom("10.1.2.3", "[fd00::1]"),
  ),
  text: fc.oneof(
    fc.stringMatching(/^[A-Za-z][A-Za-z0-9 _.,:;/-]{0,20}[a-z]$/),
    fc.constantFrom("a\"b'c\\d", "${path.module}", "%{ if true }", "größe", "a{b}c", "50% of $5", "#x"),
  ),
  template: fc.constantFrom(
    "{{ .Data.username | toJSON }}",
    "user={{.Data.username}} ${HOME} %{x}",
    "{{ .Data.password | urlquery }}\n{{ .LeaseDuration }}",
    "no action at all",
    " kept apart \n",
  ),
  url: fc.constantFrom("https://10.0.0.2", "https://vault.example.com:8200", "http://[::1]:8200"),
  policy: fc.stringMatching(/^[a-qs-z][a-z0-9_-]{0,6}(\.[a-z0-9_-]{1,4})?$/),
  // Vault's storage refuses two dots wherever they stand.
  policyPath: fc
    .stringMatching(/^[a-z][a-z0-9_]{0,6}(\/[a-zA-Z0-9_.-]{0,5}[a-z]){1,3}$/)
    .filter((path) => !path.includes("..")),
  labelKey: fc.stringMatching(/^([a-z][a-z0-9]{0,5}\.example\/)?[A-Za-z][A-Za-z0-9_.-]{0,10}[a-z]$/),
  labelValue: fc.stringMatching(/^[A-Za-z]([A-Za-z0-9_.-]{0,10}[a-z])?$/),
  parameter: fc.stringMatching(/^[A-Za-z][A-Za-z0-9 _.,:;'"\\/-]{0,12}[a-z]$/),
  image: fc.constantFrom("postgres:17", "registry.example.com:5000/pg/server@sha256:0123456789abcdef"),
  size: fc.constantFrom("1Gi", "500M", "2Ti"),
  certificate: fc.constantFrom(
    CA,
    `# of ${"$"}{path.module}\n${CA}`,
    CA + OTHER_CA,
    CA.replace(/\n/g, "\r\n"),
    CA.trim(),
  ),
};

/** Props whose value may be known only when Terraform runs: there cdktf itself refuses a token that it does not know. */
export const TAKES_TOKENS: ReadonlySet<Field> = new Set([
  ...(["audience", "kubernetesHost", "kubernetesCa", "host", "hostFromVault", "hostFromTerraform"] as const),
  ...(["ca", "caFile", "secretPath", "secretFile", "labelValue", "annotationValue", "vaultAddress"] as const),
  ...([
    "template",
    "parameter",
    "parameterValue",
    "policyPath",
    "adminMount",
    "adminPath",
    "adminUser",
    "kvMount",
  ] as const),
  ...(["telemetryValue", "tlsSecret", "serverTls", "storageClass", "storage", "image", "policyText"] as const),
  "allowFrom",
]);

/** Plain values that another plain value of the program could meet: these are told apart by how they end. */
const APART: Partial<Record<Field, string>> = {
  owner: "_own",
  groupRole: "_grp",
  adminUser: "_adm",
  file: "-f",
  secretName: "-s",
  policyName: "-p",
  givenPolicy: "-g",
};

/** One value tried on one prop. `plain` ones have to be taken. */
export interface Attempt {
  readonly field: Field;
  readonly value: string;
  readonly plain: boolean;
}

const attemptAt = (name: Field): fc.Arbitrary<Attempt> => {
  const { kind, fallback } = FIELDS[name];
  const plain = PLAIN[kind].map((value) => `${value}${APART[name] ?? ""}`);
  return fc.oneof(
    { weight: 6, arbitrary: plain.map((value) => ({ field: name, value, plain: true })) },
    { weight: 4, arbitrary: nearly(plain).map((value) => ({ field: name, value, plain: false })) },
    { weight: 2, arbitrary: nearly(fc.constant(fallback)).map((value) => ({ field: name, value, plain: false })) },
    { weight: 2, arbitrary: fc.constantFrom(...SPECIAL_TEXTS).map((value) => ({ field: name, value, plain: false })) },
    { weight: 2, arbitrary: hostileText.map((value) => ({ field: name, value, plain: false })) },
  );
};

/** Some values, each on a prop of its own. Few at a time: with many, one is always refused. */
export const attempts: fc.Arbitrary<Attempt[]> = fc
  .uniqueArray(fc.oneof(...FIELD_NAMES.map((name) => attemptAt(name))), {
    maxLength: 5,
    size: "max",
    selector: ({ field: name }) => name,
  })
  // A token that cdktf knows is not a hostile text but a reference that somebody made.
  .map((all) =>
    all.map((one) => ({ ...one, value: one.value.replace(/TfToken\[TOKEN\.\d+/g, "TfToken[TOKEN.999999999") })),
  );
