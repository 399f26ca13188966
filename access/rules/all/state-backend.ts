import { isFalse, text } from "../program";
import { Rule } from "../rule";

export const stateBackend: Rule = {
  id: "state-backend",
  severity: "error",
  title: "Terraform's state is kept where two applies lock each other out, encrypted",
  why: "A state on one machine is lost with it, and two people who apply at once leave half of each. It names every role and policy.",
  fix: "give the environment a `backend`: StateBackend.s3, gcs, azurerm or hcpTerraform",
  references: ["Terraform documentation: State, locking and sensitive data"],
  productionOnly: true,
  check: ({ settings }) =>
    settings
      .filter(({ type }) => type.startsWith("backend."))
      .flatMap((backend) => {
        const { body } = backend;
        if (backend.type === "backend.local")
          return [{ at: backend, what: `the state of ${backend.stack} is a file of this machine` }];
        if (text(body.address)?.startsWith("http:"))
          return [
            {
              at: backend,
              what: `the state of ${backend.stack} goes over the network in clear: ${text(body.address)}`,
            },
          ];
        if (backend.type !== "backend.s3") return [];
        return [
          ...(isFalse(body.encrypt) || body.encrypt === undefined
            ? [{ at: backend, what: `the state of ${backend.stack} is not encrypted: encrypt is not true` }]
            : []),
          ...(body.use_lockfile === true || text(body.dynamodb_table)
            ? []
            : [{ at: backend, what: `the state of ${backend.stack} is not locked: use_lockfile is not true` }]),
        ];
      }),
};
