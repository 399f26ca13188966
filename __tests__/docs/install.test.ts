import { readFileSync } from "node:fs";
import { shopInProduction } from "../support/production";
import { synthesize } from "../support/program";

/** What the page of a first installation makes by hand is what the example needs: the API server tells nobody what is missing. */
const page = readFileSync("docs/operations/install.md", "utf8");
const stacks = Object.values(synthesize(shopInProduction));
const PODS = ["deployment_v1", "stateful_set_v1", "daemon_set_v1", "job_v1", "cron_job_v1"];

test("every namespace with pods that log in gets the Secret with Vault's CA, and no other", () => {
  const needed = stacks.flatMap((stack) =>
    PODS.flatMap((kind) => Object.values(stack.resources(`kubernetes_${kind}`)))
      .filter((pod) => JSON.stringify(pod).includes('"vault.hashicorp.com/tls-secret":"vault-tls"'))
      .map(({ metadata }) => (metadata as { namespace: string }).namespace),
  );
  const [, named] = /^for namespace in (.*); do\n.*secret generic vault-tls --from-file=ca\.crt$/m.exec(page) ?? [];
  expect(named?.split(" ").sort()).toEqual([...new Set(needed)].sort());
});

test("the certificates have the names by which pods, servers and Terraform connect", () => {
  const text = JSON.stringify(stacks.map(({ json }) => json));
  const names = (certificate: string): string =>
    new RegExp(`^\\| ${certificate} +\\| (.*)\\|$`, "m").exec(page)?.[1] ?? "";
  for (const [certificate, found] of [
    ["Vault", /https:\/\/(vault-active\.vault\.svc):8200/],
    ["Vault", /leader_tls_servername = [\\"]+vault-0(\.vault-internal)/],
    ["PostgreSQL", /(main\.data\.svc)/],
  ] as const)
    expect(names(certificate)).toContain(found.exec(text)?.[1]);
  // The places that the reader puts in for those of the example.
  const example = readFileSync("examples/shop/environments/production.ts", "utf8");
  expect(names("Vault")).toContain(/addressFromTerraform: "https:\/\/(.*):8200"/.exec(example)?.[1]);
  expect(names("PostgreSQL")).toContain(/fromTerraform: \{ host: "(.*)", port/.exec(example)?.[1]);
});
