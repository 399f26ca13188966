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
