import { enclosing, GrantedObject, grantedKey } from "./granted-object";

/** What may be touched, with what is left out of it: `sales.wizard` except its column `email`. */
export interface Region {
  readonly object: GrantedObject;
  readonly except: readonly GrantedObject[];
}

/**
 * The fewest regions that together cover the chosen objects and nothing else. An object that is named and not chosen is left out of
 * the one around it.
 *
 * @param all every object that is named, the chosen ones included
 */
export function regionsOf(chosen: readonly GrantedObject[], all: readonly GrantedObject[]): Region[] {
  const isChosen = new Set(chosen.map(grantedKey));
  const isNamed = new Set(all.map(grantedKey));
  /** The smallest named object around this one. */
  const parent = (object: GrantedObject): string | undefined =>
    enclosing(object)
      .slice(1)
      .map(grantedKey)
      .find((key) => isNamed.has(key));
  const regions = new Map<string, { object: GrantedObject; except: GrantedObject[] }>();
  /** The region that an object belongs to: that of the object around it, if that one is chosen too. */
  const home = new Map<string, string>();
  // Outer objects first: a shorter way out means further out.
  for (const object of [...all].sort((a, b) => enclosing(a).length - enclosing(b).length)) {
    const key = grantedKey(object);
    const around = parent(object);
    const outer = around === undefined || !isChosen.has(around) ? undefined : home.get(around);
    if (isChosen.has(key)) {
      if (outer === undefined) regions.set(key, { object, except: [] });
      home.set(key, outer ?? key);
    } else if (outer !== undefined) regions.get(outer)?.except.push(object);
  }
  return [...regions.values()];
}
