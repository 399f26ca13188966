/** What verbs mean that not every reader knows by heart: PostgreSQL's privileges (manual, 5.8) and our own words. */
export const UNUSUAL_VERBS: Readonly<Record<string, string>> = {
  TRUNCATE: "empty the table at once, past row security and triggers of rows",
  REFERENCES: "make foreign keys that point there, and so learn which values exist and block their deletion",
  TRIGGER: "make triggers there, whose functions then run as whoever writes to the table",
  USAGE: "name what is in the schema, or take the next number of the sequence; it reads no table",
  EXECUTE: "call the function, which may do more than its caller when it is SECURITY DEFINER",
  CREATE: "make objects there, which then belong to who made them",
  MAINTAIN: "run VACUUM, ANALYZE, REINDEX, REFRESH and LOCK TABLE on it",
  CONNECT: "open a session; it reads no table",
  TEMPORARY: "make tables that live as long as the session",
  LOGIN: "get a token of Vault; it opens no database",
  HOLD: "has the policy on its Vault token; what that allows is not part of this report",
  "ACT AS": "is that role while the session lives: everything with what it owns, DROP and GRANT too",
  ALL: "everything with what the role owns, DROP and GRANT too",
  "READ IN TRANSIT": "read what the connections carry, since they need not be encrypted",
  IMPERSONATE: "pretend to be the server, since nobody checks its certificate and name",
  "RUN AS": "its pods have the identity's ServiceAccount, and with it all that the identity may do",
};

/** The meaning of a verb that is not usual. */
export function verbMeaning(verb: string): string | undefined {
  // A report may hold any word, also one that objects of JavaScript have by themselves.
  return Object.hasOwn(UNUSUAL_VERBS, verb) ? UNUSUAL_VERBS[verb] : undefined;
}
