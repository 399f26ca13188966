import * as fc from "fast-check";
import { IdentityKey } from "../../constructs";

/** Pieces that break out of quotes, templates and patterns somewhere. */
const DANGEROUS = [
  ..."'\"\\$%@{}()[]!?#,.<>|&*=~^`;:/ -_",
  ..."\n\r\t\0\u0085\u2028\u2029\u00a0",
  ...["{{", "}}", "{{-", "-}}", "${", "$${", "%{", "%%{", "--", "/*", "*/", "E'", "$$", "$init$", "..", "//"],
  ...["{{ end }}", '{{ with secret "sys/raw" }}', "{{name}}", "${TfToken[TOKEN.0]}", "é", "日本", "😀"],
];

/** Any text, made mostly of what could do harm. Well-formed UTF-16. */
export const hostileText = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...DANGEROUS) },
      { weight: 2, arbitrary: fc.constantFrom("a", "b", "Z", "0", "pg_", "x1") },
      { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }) },
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(""));

export const dnsLabel = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,12}[a-z0-9])?$/);
export const serviceAccount = fc.stringMatching(
  /^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,4}[a-z0-9])?)?$/,
);

/** Keys of few letters, so that two of them often differ only in where a part ends. */
export const closeKey: fc.Arbitrary<IdentityKey> = fc.record({
  cluster: fc.stringMatching(/^a(-a)?$/),
  namespace: fc.stringMatching(/^a(-a)?$/),
  serviceAccount: fc.stringMatching(/^a([-.]a)?$/),
});

export const closeDatabase = fc.stringMatching(/^[a_]{1,4}$/);

/** Texts that mean something to one of those who read them: PostgreSQL, Vault, Terraform, cdktf, Go, Kubernetes, JavaScript. */
export const SPECIAL_TEXTS = [
  ...[
    "",
    " ",
    " a",
    "a ",
    "\ta",
    "a\n",
    "\ufeffa",
    "\ue123",
    "a\u200bb",
    "\u202egnp.a",
    "a\u00a0b",
    "\ud800",
    "a\udc00b",
    "\0",
  ],
  ...[
    "public",
    "PUBLIC",
    "none",
    "NONE",
    "current_user",
    "pg_monitor",
    "PG_x",
    "postgres",
    "template0",
    "lease",
    "leasehold_admin",
  ],
  ...[
    "*",
    "+",
    ".",
    "..",
    "a/../b",
    "../a",
    "/a",
    "a/",
    "a//b",
    "a/*",
    "a/+/b",
    "sys/raw",
    "root",
    "default",
    "-a",
    "a-",
    "?a=b",
  ],
  ...["${x}", "$${x}", "$$${x}", "%{if}", "%%{x}", "a$", "${", "$", "a${}b}", "${path.module}", "${vault_policy.x.id}"],
  ...[
    "{{",
    "}}",
    "{{name}}",
    "{{password}}",
    "{{username}}",
    "{{ end }}",
    "{{identity.entity.id}}",
    "{",
    "}",
    "{{{",
    "a{",
  ],
  ...[
    "${TfToken[TOKEN.0]}",
    "a${TfToken[TOKEN.999]}b",
    "#{TfToken[TOKEN.0]}",
    "&{TfToken[TOKEN.0]}",
    "TfToken",
    "${TfToken[",
  ],
  ...[
    "String Map Token Value",
    "Any Map Token Value",
    "-8.110491598159177e+298",
    "-1.888370979148703e+289",
    "1e5",
    "0x1f",
  ],
  ...[
    ";",
    "'",
    '"',
    "\\",
    "a;b",
    "a'b",
    'a"b',
    "a\\b",
    "'; DROP ROLE x; --",
    "$$",
    "$lease$",
    "END",
    "a END b",
    "--",
    "/*",
    "E'",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "null",
    "true",
    "yes",
    "~",
    "[a]",
    "{a: b}",
    "- a",
    "a: b",
    "//",
    "#",
  ],
  ...["e\u0301", "\u00e9", "\u212b", "\u0430dmin", "ﬁ", "İ", "ß", "\u1e9b\u0323", "가", "\u1100\u1161"],
  ...["a".repeat(41), "a".repeat(42), "a".repeat(63), "a".repeat(64), "a".repeat(254), "é".repeat(31), "é".repeat(32)],
  ...[
    `${"a".repeat(62)}é`,
    `${"a".repeat(61)}é`,
    `${"a".repeat(60)}日b`,
    "😀".repeat(16),
    "fd00::1",
    "[fd00::1]",
    "[:]",
    "a:1",
    "a@b",
  ],
];

/** A text with one or two dangerous pieces put somewhere into it: near enough to a good one to get far. */
export function nearly(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const piece = fc.oneof(fc.constantFrom(...DANGEROUS), fc.constantFrom(...SPECIAL_TEXTS));
  return fc
    .tuple(text, fc.array(fc.tuple(piece, fc.nat({ max: 64 })), { minLength: 1, maxLength: 2 }))
    .map(([start, pieces]) =>
      pieces.reduce((all, [part, at]) => {
        const cut = at % (all.length + 1);
        return all.slice(0, cut) + part + all.slice(cut);
      }, start),
    );
}
