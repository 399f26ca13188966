import type { EffectiveKind } from "../effective/model";

/**
 * Rows of a catalog that the program makes none of. Each is one finding, with the statement that takes it away.
 *
 * `sql` selects `name`, `fix` and `terms`: what it does. An acceptance is of that.
 */
export interface CatalogQuery {
  readonly what: string;
  readonly why: string;
  readonly kind: EffectiveKind;
  readonly sql: string;
}

/** SQL: no extension brought the object. */
export const ofNoExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/** SQL: the object `x` is in no schema of PostgreSQL's own, where all of them are found at once. */
export const elsewhere = (column: string): string =>
  `x.${column} NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`;
