import { byCodeUnit } from "../../access/model/graph";

/** A rule as a Role has it. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Verbs on objects of one kind: on one by its name, or on all of them. */
export interface Right {
  readonly group: string;
  readonly plural: string;
  /** @default - all of them; RBAC knows no name where something is made */
  readonly name?: string;
  /** @default - the whole cluster */
  readonly namespace?: string;
  readonly verbs: readonly string[];
}

/** Rights, collected without doubles. */
export class Rights {
  /** Verbs by namespace, group, kind and name; `` stands for the whole cluster, and for all names. */
  private readonly verbs = new Map<string, Map<string, Map<string, Set<string>>>>();

  add({ group, plural, name = "", namespace = "", verbs }: Right): void {
    const kinds = at(this.verbs, namespace, () => new Map<string, Map<string, Set<string>>>());
    const names = at(kinds, `${group}/${plural}`, () => new Map<string, Set<string>>());
    const some = at(names, name, () => new Set<string>());
    verbs.forEach((verb) => some.add(verb));
  }

  addAll(others: Rights): void {
    for (const [namespace, kinds] of others.verbs)
      for (const [kind, names] of kinds)
        for (const [name, verbs] of names) {
          const [group, plural] = kind.split("/");
          this.add({ group, plural, name, namespace, verbs: [...verbs] });
        }
  }

  /** As rules, in a fixed order. A verb that is allowed on all objects of a kind is not repeated for a single one. */
  rules(): { readonly cluster: readonly RoleRule[]; readonly namespaces: ReadonlyMap<string, readonly RoleRule[]> } {
    const all = [...this.verbs]
      .sort(([a], [b]) => byCodeUnit(a, b))
      .map(([of, kinds]) => [of, rulesOf(kinds)] as const);
    return {
      cluster: all.find(([namespace]) => namespace === "")?.[1] ?? [],
      namespaces: new Map(all.filter(([namespace]) => namespace !== "")),
    };
  }
}

function rulesOf(kinds: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>): RoleRule[] {
  return [...kinds]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .flatMap(([kind, names]) => {
      const [group, plural] = kind.split("/");
      const head = { apiGroups: [group], resources: [plural] };
      const onAll = names.get("") ?? new Set<string>();
      const alike = new Map<string, string[]>();
      for (const [name, verbs] of names) {
        const more = [...verbs].filter((verb) => name === "" || !onAll.has(verb)).sort(byCodeUnit);
        if (name !== "" && more.length > 0) at(alike, more.join(), () => []).push(name);
      }
      return [
        ...(onAll.size > 0 ? [{ ...head, verbs: [...onAll].sort(byCodeUnit) }] : []),
        ...[...alike].map(([verbs, some]) => ({
          ...head,
          resourceNames: some.sort(byCodeUnit),
          verbs: verbs.split(","),
        })),
      ];
    });
}

function at<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
