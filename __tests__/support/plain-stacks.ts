/**
 * Takes jest's source maps out of this file's stacks. cdktf makes one for each token and each construct of ours looks for
 * the user's line in one: with the maps that is a third of a synthesis. A function, since node asks the main context's
 * `Error` where this one has none.
 */
export function plainStacks(): void {
  Error.prepareStackTrace = (error, sites) => [String(error), ...sites.map((site) => `    at ${site}`)].join("\n");
}
