/**
 * Items by a key: keys in the order in which they come first, items in theirs. Lists grow in place: the report of a stranger may say
 * one thing a hundred thousand times.
 */
export function listsBy<T, K = string>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const lists = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const known = lists.get(key);
    if (known) known.push(item);
    else lists.set(key, [item]);
  }
  return lists;
}

/** The items that have one key, as a list for each key. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): T[][] {
  return [...listsBy(items, keyOf).values()];
}
