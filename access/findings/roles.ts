import { AccessGraph, databaseId, Provenance } from "../model/graph";
import { Finding } from "./finding";
import { groupBy } from "../model/lists-by";
import { at } from "./place";

/** A role that is made to own a database. */
export interface OwnerRole extends Provenance {
  readonly instance: string;
  readonly database: string;
  readonly owner: string;
}

/** A role on a server, and what it is there. */
interface RoleUse {
  readonly instance: string;
  readonly name: string | undefined;
  readonly what: string;
  readonly place: Provenance;
  /** Made by Leasehold, for this one purpose. Owners and admins may be there already, and may serve several databases. */
  readonly made: boolean;
}

/** A role that is made for one purpose serves no other. If two identities shared a group, each would have what the other was granted. */
export function roleFindings(graph: AccessGraph, owners: readonly OwnerRole[]): Finding[] {
  const uses = usesOf(graph, owners).filter(({ name }) => name !== undefined);
  return groupBy(uses, ({ instance, name }) => JSON.stringify([instance, name])).flatMap((same) => {
    const whats = [...new Set(same.map(({ what }) => what))];
    const made = same.filter((use) => use.made);
    // One role may own several databases. That two make it, their claims say.
    const ownsOnly = same.every(({ what }) => what.startsWith("the owner of "));
    if (whats.length < 2 || made.length === 0 || ownsOnly) return [];
    return [
      at(
        made.map(({ place }) => place),
        {
          code: "object-name",
          message: `role ${JSON.stringify(same[0].name)} is ${whats.join(" and ")}`,
          fix: "give one of them another name by `groupRoleName` or `owner`, or leave it out",
        },
      ),
    ];
  });
}

function usesOf(graph: AccessGraph, owners: readonly OwnerRole[]): RoleUse[] {
  const own = graph.databases.filter((database) => !database.external);
  const instances = new Map(own.map((database) => [database.mountPath, database.instance]));
  const ownerOf = (database: { readonly instance: string; readonly database: string }): string =>
    `the owner of ${databaseId(database)}`;
  return [
    ...own.flatMap((place): RoleUse[] => {
      const { instance } = place;
      const of = `of ${databaseId(place)}`;
      return [
        { instance, place, name: place.owner, what: ownerOf(place), made: false },
        { instance, place, name: place.admin, what: `the admin of ${instance}`, made: false },
        { instance, place, name: place.vaultLogin, what: `Vault's login ${of}`, made: true },
        { instance, place, name: place.estateRole, what: `the estate role ${of}`, made: true },
      ];
    }),
    ...owners.map((place) => ({
      ...{ instance: place.instance, place, name: place.owner, what: ownerOf(place), made: true },
    })),
    ...graph.edges.flatMap((place): RoleUse[] => {
      const instance = instances.get(place.mountPath) ?? "";
      const of = `of ${place.identity} on ${place.mountPath}`;
      return [
        { instance, place, name: place.groupRole, what: `the group role ${of}`, made: true },
        { instance, place, name: place.schemaWideRole, what: `the schema-wide role ${of}`, made: true },
      ];
    }),
  ];
}
