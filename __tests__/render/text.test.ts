import { whoCan } from "../../access/questions/query";
import { why } from "../../access/questions/why";
import { whoCanAnswer, whyAnswer } from "../../render/answers";
import { renderAnswerText, renderDiffText, renderReportText, TextOptions } from "../../render/text";
import { CHANGES, diffOf, reportOf, SAMPLE } from "./fixture";

/** What a reviewer reads: compare with eyes, then accept with `jest -u`. */
describe("for a terminal", () => {
  test("a report", () => {
    expect(`\n${renderReportText(SAMPLE)}`).toMatchInlineSnapshot(`
           "
           4 workload identities, 2 databases, 6 rows of access, 1 unclassified, 1 setting, 3 resources of harmless types

           1 block of this program could change access in a way that is not shown here: see "Unclassified".

           Who may touch what
           Token and lease: time until it ends unless it is renewed / time after which it ends in any case. Session: time after which an open session is ended in any case.
             Who               May             On                                       Token          Lease    Session  Via
             eu/shop/erp       INSERT          ledger.s."odd.name"                      set elsewhere  1h/24h   24h      database/main/ledger
             eu/shop/migrator  ALL             shop_owner and all that it owns in shop  10m/10m        10m/10m  10m      database/main/shop as migrate
             eu/shop/web       EXECUTE         function shop.sales.turnover(integer)    1h/24h         1h/24h   24h      database/main/shop
             eu/shop/web       SELECT          shop.sales.customer(country, name)       1h/24h         1h/24h   24h      database/main/shop
             eu/shop/web       SELECT, UPDATE  shop.sales.wizard                        1h/24h         1h/24h   24h      database/main/shop
             eu/shop/web       SELECT          shop.staff.* (and those to come)         1h/24h         1h/24h   24h      database/main/shop

           Unclassified
           Made by hand, or changed after it was made: what it does to access is not known.
             What                         Stack         Why           Where
             resource vault_policy.admin  vault-config  made by hand  main.ts:90

           On the network
           Connections whose server is not checked, or that are not encrypted: whoever stands between may do this.
             Database  May          sslmode
             ledger    IMPERSONATE  require

           Other policies
           Held by the token as well; what they allow in Vault is not interpreted.
             Who          Policies
             eu/shop/web  feature-flags

           Without access to a database
             Who           Token   Where
             eu/shop/idle  1h/24h  main.ts:14
           "
        `);
  });

  test("a report in 80 columns, of which none is passed", () => {
    const text = renderReportText(SAMPLE, { width: 80 });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(`\n${text.split("\n\n")[2]}\n`).toMatchInlineSnapshot(`
      "
      Who may touch what
      Token and lease: time until it ends unless it is renewed / time after which it
      ends in any case. Session: time after which an open session is ended in any
      case.
        Who               May             On
            Token          Lease    Session  Via
        eu/shop/erp       INSERT          ledger.s."odd.name"
            set elsewhere  1h/24h   24h      database/main/ledger
        eu/shop/migrator  ALL             shop_owner and all that it owns in shop
            10m/10m        10m/10m  10m      database/main/shop as migrate
        eu/shop/web       EXECUTE         function shop.sales.turnover(integer)
            1h/24h         1h/24h   24h      database/main/shop
        eu/shop/web       SELECT          shop.sales.customer(country, name)
            1h/24h         1h/24h   24h      database/main/shop
        eu/shop/web       SELECT, UPDATE  shop.sales.wizard
            1h/24h         1h/24h   24h      database/main/shop
        eu/shop/web       SELECT          shop.staff.* (and those to come)
            1h/24h         1h/24h   24h      database/main/shop
      "
    `);
  });

  test.each([60, 80, 120])("no name, path or word is broken in %d columns", (width) => {
    const words = (text: string): string[] => [...new Set(text.split(/\s+/))].sort();
    const texts: ((options: TextOptions) => string)[] = [
      (options) => renderReportText(SAMPLE, options),
      (options) => renderDiffText(CHANGES, options),
      (options) =>
        renderAnswerText(whyAnswer(SAMPLE, why(SAMPLE.graph, "shop/web", "SELECT", "shop.sales.wizard")), options),
      (options) => renderAnswerText(whoCanAnswer(SAMPLE, whoCan(SAMPLE.graph, "ANY", "shop")), options),
    ];
    for (const render of texts) expect(words(render({ width }))).toEqual(words(render({ width: 10_000 })));
  });

  test("a report in 40 columns is a list", () => {
    expect(`\n${renderReportText(SAMPLE, { width: 40 }).split("\n\n").slice(2, 4).join("\n\n")}\n`)
      .toMatchInlineSnapshot(`
      "
      Who may touch what
      Token and lease: time until it ends
      unless it is renewed / time after which
      it ends in any case. Session: time after
      which an open session is ended in any
      case.
        Who:     eu/shop/erp
        May:     INSERT
        On:      ledger.s."odd.name"
        Token:   set elsewhere
        Lease:   1h/24h
        Session: 24h
        Via:     database/main/ledger

        Who:     eu/shop/migrator
        May:     ALL
        On:      shop_owner and all that it
                 owns in shop
        Token:   10m/10m
        Lease:   10m/10m
        Session: 10m
        Via:     database/main/shop as migrate
      "
    `);
  });

  test("a diff", () => {
    expect(`\n${renderDiffText(CHANGES)}`).toMatchInlineSnapshot(`
           "
           BROADENED: 2 grants; LONGER: 1 grant; UNCLASSIFIED: 1 block; rewired: 1 grant; narrowed: 1 grant

             ±  Who          May              On                                                        For                                      Why               Verdict
             +  eu/shop/web  SELECT, INSERT   shop.sales.customer except (card, email)                  token 1h/24h, lease 1h/24h, session 24h  shop.ts:118       broadened
             +  eu/shop/web  CONNECT          database shop                                             token 1h/24h, lease 1h/24h, session 24h  shop.ts:118       broadened
             ↑  eu/shop/web  all that it may  everything in shop                                        lease max 1h → 24h                       shop.ts:118       longer
             ~  eu/shop/web  all that it may  everything in shop                                        token 1h/24h, lease 1h/24h, session 24h  policy old → new  rewired
             −  eu/shop/api  SELECT           shop.staff.* (and those to come) except shop.staff.badge  token 1h/24h, lease 1h/24h, session 24h  shop.ts:121       narrowed

           Changed, and what it does to access is not known:
             ±  What                         Stack         Change   Why           Where       Verdict
             ?  resource vault_policy.admin  vault-config  changed  made by hand  main.ts:90  unclassified
           "
        `);
  });

  test("a report of very many rows", () => {
    const [web] = SAMPLE.graph.edges;
    const grants = [...Array(150_000).keys()].map((index) => ({
      object: { kind: "table", schema: "s", name: `table${index}` } as const,
      privilege: "SELECT" as const,
      grantedBy: [],
    }));
    const graph = { ...SAMPLE.graph, edges: [{ ...web, grants }] };
    expect(renderReportText({ ...SAMPLE, graph }).split("\n").length).toBeGreaterThan(150_000);
  });

  test("nothing", () => {
    expect(renderDiffText(diffOf([]))).toBe("UNCHANGED: nobody's access changes\n");
    expect(renderReportText(reportOf())).toContain("Nobody may touch anything.");
  });

  test("colours only when asked, and the same words with them", () => {
    // eslint-disable-next-line no-control-regex
    const escapes = /\u001b\[\d+m/g;
    for (const render of [
      () => renderDiffText(CHANGES, { colour: true }),
      () => renderReportText(SAMPLE, { colour: true }),
    ]) {
      expect(render()).toMatch(escapes);
    }
    expect(renderDiffText(CHANGES, { colour: true }).replace(escapes, "")).toBe(renderDiffText(CHANGES));
    expect(renderReportText(SAMPLE, { colour: true }).replace(escapes, "")).toBe(renderReportText(SAMPLE));
    expect(renderDiffText(CHANGES)).not.toMatch(escapes);
  });
});
