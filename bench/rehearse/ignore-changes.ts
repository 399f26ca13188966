import type { Block } from "./program";
import type { ResourceState } from "./model/state";
import { isObject, Json, JsonObject, Where } from "./model/values";

/** Takes what `ignore_changes` names from what is known. @throws for what the rehearsal does not know of it */
export function ignoreChanges(block: Block, config: JsonObject, known: ResourceState, where: Where): void {
  const { ignoreChanges: ignored } = block.lifecycle;
  for (const key of ignored === "all" ? Object.keys(config) : ignored) {
    const part = partOfBlock(key, config, known);
    const { from, to, name } = part ?? { from: known.arguments, to: config, name: key };
    const before: Json | undefined = from[name];
    // An argument that nobody gives is one all the same; `metadata[0].labels` is a part of one.
    if (!(name in to) && before === undefined && !/^\w+$/.test(name))
      throw where
        .at("lifecycle.ignore_changes")
        .error(
          `${key}: only whole arguments, and those of a block such as name[0].argument, are known to the rehearsal`,
        );
    if (typeof before === "string" && before.startsWith("sha256:"))
      throw where.at("lifecycle.ignore_changes").error(`${key} is sensitive: its earlier value is not kept`);
    if (before === undefined) delete to[name];
    else to[name] = before;
  }
}

/** Where an argument of a block stands: `postgresql[0].root_rotation_statements`. Nothing where that is not what the key names. */
function partOfBlock(
  key: string,
  config: JsonObject,
  known: ResourceState,
): { from: JsonObject; to: JsonObject; name: string } | undefined {
  const { list = "", index, name = "" } = /^(?<list>\w+)\[(?<index>\d+)\]\.(?<name>\w+)$/.exec(key)?.groups ?? {};
  const [from, to] = [known.arguments, config].map((all) => {
    const blocks = all[list];
    return Array.isArray(blocks) ? blocks[Number(index)] : undefined;
  });
  return isObject(from) && isObject(to) ? { from, to, name } : undefined;
}
