import { rightObject } from "../access/diff/granted-object";
import { databaseId, DatabaseNode, LookedUp } from "../access/model/graph";
import type { FoundRight } from "../access/questions/paths";
import type { Section } from "./section";
import { DatabaseNames, named, objectWords, placesWords, privilegeWords, Words } from "./words";

type Known = DatabaseNode & { readonly knownRights: LookedUp };

/** Databases that were looked at, each once. */
export function lookedAt(databases: readonly DatabaseNode[]): Known[] {
  const known = databases.filter((node): node is Known => node.knownRights !== undefined);
  return [...new Map(known.map((node) => [databaseId(node), node])).values()];
}

/** What PUBLIC and the owners may do, where somebody looked it up: who, what, on what, and when that was so. */
export function knownRightsSection(databases: readonly DatabaseNode[], nameOf: DatabaseNames): Section {
  return {
    title: "Looked up",
    note:
      "What PUBLIC, and so every login of the server, and logins that may act as an owner could do on that day in databases that Leasehold " +
      "did not make. A superuser may do everything. It may have changed since: `leasehold preflight --rights` looks again.",
    header: ["Who", "May", "On", "Looked up", "Where"],
    rows: lookedAt(databases).flatMap((node): Words[][] => {
      const { lookedUp, rights } = node.knownRights;
      if (rights.length === 0)
        return [
          [
            ["nobody"],
            ["nothing"],
            objectWords({ kind: "database" }, nameOf(node)),
            [named(lookedUp)],
            placesWords([node]),
          ],
        ];
      return rights.map((right) => [
        [named(right.who)],
        privilegeWords([right.privilege]),
        objectWords(rightObject(right), nameOf(node)),
        [named(lookedUp)],
        placesWords([node]),
      ]);
    }),
  };
}

/** Of what an answer is about: what PUBLIC may do every login may, and an owner may do everything with what it owns. */
export function knownRightsNotes(found: readonly FoundRight[], nameOf: DatabaseNames): Words[] {
  return found.map(({ database, right, lookedUp }) => [
    named(right.who),
    " may ",
    ...privilegeWords([right.privilege]),
    right.kind === "role" ? " " : " on ",
    ...objectWords(rightObject(right), nameOf(database)),
    ...(right.who === "PUBLIC" ? [", and so may each login"] : []),
    `: looked up on `,
    named(lookedUp),
  ]);
}
