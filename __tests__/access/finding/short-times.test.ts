import { Duration } from "../../../constructs";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { World } from "../../support/world";

const seconds = Duration.seconds;
const CASES: readonly (readonly [string, (world: World) => unknown, string])[] = [
  [
    "a lease of one second",
    (w) =>
      w.db
        .schema("s")
        .table("t")
        .grants.read(w.identity("web", { lease: { ttl: seconds(1) } })),
    "lease ttl 1s of eu/shop/web is too short to be renewed: the agent asks when up to 11/15 of it have passed, and what is then left, 267 ms,",
  ],
  ["one that nobody uses yet", (w) => w.identity("web", { lease: { ttl: seconds(3) } }), "lease ttl 3s of eu/shop/web"],
  ["its maximum", (w) => w.identity("web", { lease: { maxTtl: seconds(3) } }), "lease maxTtl 3s of eu/shop/web"],
  ["a database's", (w) => w.accessTo({ lease: { ttl: seconds(2) } }), "lease ttl 2s of database/main/shop"],
  ["its cap", (w) => w.accessTo({ lease: { cap: seconds(2) } }), "lease ttl 2s of database/main/shop"],
  ["one of an access", (w) => w.db.access(w.identity("web"), { lease: { ttl: seconds(1) } } as never), "lease ttl 1s"],
  ["a token", (w) => w.identity("web", { tokenTtl: seconds(1) }), "tokenTtl 1s of eu/shop/web is too short"],
  ["its maximum", (w) => w.identity("web", { tokenMaxTtl: seconds(3) }), "tokenTtl 3s of eu/shop/web is too short"],
  ["an exposure", (w) => w.identity("web", { exposure: seconds(2) }), "tokenTtl 2s of eu/shop/web is too short"],
];

test.each(CASES)("%s that no agent could renew is refused", (_, make, message) => {
  const findings = findingsOfRefusal((app) => {
    const world = new World(app);
    world.identity("bystander");
    make(world);
  });
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: "lease-ttl",
      message: expect.stringContaining(message) as string,
      fix: expect.stringContaining("4 seconds at the very least") as string,
    }),
  );
});

test("four seconds are let through, with the warning of what is under ten", () => {
  const { access } = synthesize(
    (app) => {
      const world = new World(app);
      world.db
        .schema("s")
        .table("t")
        .grants.read(world.identity("web", { lease: { ttl: seconds(4) } }));
    },
    { skipValidation: true },
  );
  expect(access.warnings.join()).toContain("lease ttl 4s of eu/shop/web is shorter than 10s");
});
