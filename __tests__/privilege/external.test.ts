import { answer } from "./attempts";
import { World } from "./world";

jest.setTimeout(10 * 60_000);

test("an external server of PostgreSQL 14, made ready as docs/security.md says, lets nobody create in public", async () => {
  const world = await World.start([14], true);
  try {
    const lease = await world.lease(14, "reader");
    const app = await world.connect(14, lease);
    expect(await answer(app, "SELECT * FROM sales.open")).toBe("ok");
    expect(await answer(app, "CREATE TABLE public.mine (id int)")).toBe("42501");
    const owner = await world.connect(14, await world.lease(14, "migrator14"), "shop", "-c role=shop_owner");
    expect(await answer(owner, "CREATE TABLE public.made (id int)")).toBe("ok");
  } finally {
    await world.stop();
  }
});
