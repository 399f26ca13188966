import type { Provenance } from "../model/graph";
import type { Finding } from "./finding";

/** A finding before it is known where; an error unless it says otherwise. */
export type Draft = Omit<Finding, "severity" | "path" | "sources"> & { readonly severity?: Finding["severity"] };

/** A finding about these places: it stands at the first, and names the lines of all. */
export function at(places: readonly Provenance[], draft: Draft): Finding {
  const sources = [
    ...new Set(places.map((place) => place.source).filter((source): source is string => source !== undefined)),
  ];
  return { severity: "error", ...draft, path: places[0].path, sources };
}
