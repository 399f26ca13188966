import { SHORT_LOCKS, SHORT_LOCKS_TRIGGERS } from "../../constructs/postgres/init-sql";

/** Takes the event triggers of our servers away, for a superuser. */
export const NO_SHORT_LOCK_TRIGGERS_SQL = Object.keys(SHORT_LOCKS_TRIGGERS)
  .map((name) => `ALTER EXTENSION plpgsql DROP EVENT TRIGGER ${name}; DROP EVENT TRIGGER ${name}`)
  .join("; ");

/** Their function, which nothing else needs then. */
export const NO_SHORT_LOCK_FUNCTION_SQL = `ALTER EXTENSION plpgsql DROP FUNCTION pg_catalog.${SHORT_LOCKS}(); DROP FUNCTION pg_catalog.${SHORT_LOCKS}()`;
