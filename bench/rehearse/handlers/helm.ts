/** Charts cannot be pulled without a network, so releases go to the caller, who plays them and says so; our own chart is installed. */
import { GUARD_CHART } from "../../../access/model/injection-guard";
import { ArgumentTable, text, texts } from "../model/arguments";
import { HelmRelease } from "../model/contracts";
import { Json, JsonObject, Where, isObject } from "../model/values";
import { Context, tableHandler } from "../model/handler";
import { installGuard } from "./guard";

const noted = "how Helm itself works: nothing for the caller to play";
const table: ArgumentTable = {
  name: { kind: "string", required: true, replaces: true, use: "name of the release" },
  namespace: { kind: "string", default: "default", replaces: true, use: "namespace of the release" },
  chart: { kind: "string", required: true, use: "chart, to the caller" },
  repository: { kind: "string", use: "where the chart is, to the caller" },
  version: { kind: "string", use: "version of the chart, to the caller" },
  values: { kind: "list", use: "parsed as JSON, to the caller" },
  set: {
    kind: "blocks",
    use: "single values over `values`, to the caller",
    of: {
      name: { kind: "string", required: true, use: "path of the value" },
      value: { kind: "string", required: true, use: "the value" },
      type: { kind: "string", use: "how Helm reads the value", oneOf: ["auto", "string"] },
    },
  },
  set_wo: { kind: "refused", use: "not played: write secrets elsewhere than into Helm values" },
  set_sensitive: { kind: "refused", use: "not played: its values end up in the state" },
  create_namespace: { kind: "bool", use: "true is the caller's to play" },
  wait: { kind: "bool", use: noted },
  wait_for_jobs: { kind: "bool", use: noted },
  timeout: { kind: "number", use: noted },
  atomic: { kind: "bool", use: noted },
  cleanup_on_fail: { kind: "bool", use: noted },
  dependency_update: { kind: "bool", use: noted },
  description: { kind: "string", use: noted },
  force_update: { kind: "bool", use: noted },
  lint: { kind: "bool", use: noted },
  max_history: { kind: "number", use: noted },
  skip_crds: { kind: "bool", use: noted },
  take_ownership: { kind: "bool", use: noted },
  upgrade_install: { kind: "bool", use: noted },
  reset_values: { kind: "bool", use: noted },
  reuse_values: { kind: "bool", use: noted },
  disable_webhooks: { kind: "bool", use: noted },
};

function parseValues(config: JsonObject, where: Where): JsonObject[] {
  return texts(config, "values").map((document, index) => {
    let parsed: Json;
    try {
      parsed = JSON.parse(document) as Json;
    } catch {
      throw where.at("values").at(index).error("only values written as JSON are known to the rehearsal, not YAML");
    }
    if (!isObject(parsed)) throw where.at("values").at(index).error("expected an object");
    return parsed;
  });
}

function releaseOf(config: JsonObject, where: Where): HelmRelease {
  const set = Array.isArray(config.set) ? config.set.filter(isObject) : [];
  const optional = (key: "repository" | "version") => (text(config, key) ? { [key]: text(config, key) } : {});
  return {
    name: text(config, "name"),
    namespace: text(config, "namespace"),
    chart: text(config, "chart"),
    ...optional("repository"),
    ...optional("version"),
    values: parseValues(config, where),
    set: set.map((entry) => ({ name: text(entry, "name"), value: text(entry, "value") })),
  };
}

async function install(config: JsonObject, earlier: JsonObject, context: Context): Promise<void> {
  const { hooks, where } = context;
  const guard = ({ chart }: JsonObject): boolean => chart === GUARD_CHART;
  if (!guard(config)) return hooks.onHelmRelease(releaseOf(config, where));
  await installGuard(parseValues(config, where), guard(earlier) ? parseValues(earlier, where) : [], context);
}

export const HELM = [
  tableHandler({
    type: "helm_release",
    table,
    check: (config, where) => void parseValues(config, where),
    async create(config, context) {
      await install(config, {}, context);
      return { id: text(config, "name"), status: "deployed" };
    },
    async update(config, known, context) {
      await install(config, known.arguments, context);
      return { id: known.id, status: "deployed" };
    },
    async destroy(known, context) {
      const { name, namespace, chart } = known.arguments;
      if (chart === GUARD_CHART) return installGuard([], parseValues(known.arguments, context.where), context);
      await context.hooks.onHelmUninstall?.({ name: String(name), namespace: String(namespace) });
    },
  }),
];
