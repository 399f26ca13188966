import { App, AppConfig, TerraformElement, TerraformProvider, TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { AccessDiff, diffReports, grows } from "../../access/diff/diff";
import { parseReport } from "../../access/report/parse-report";
import { World } from "../support/world";
import { writtenText } from "../constructs/synthesis/support";

/** A program as a pull request finds it, and as it leaves it. */
export interface Sides {
  readonly base: (app: App) => void;
  readonly head: (app: App) => void;
  readonly config?: AppConfig;
}

/** What the diff says of two programs that are really synthesized, read from the files that they wrote. */
export function diffOf({ base, head, config }: Sides): AccessDiff {
  return diffReports(parseReport(writtenText(base, config)), parseReport(writtenText(head, config)));
}

/** Verdicts in one line; of what is unclassified also how it changed and what it is. */
export function said(diff: AccessDiff): string[] {
  return [
    ...diff.changes.map(({ verdict, who, privileges, on }) =>
      [verdict, who, privileges.join("+") || "(all)", ...on.map(({ object }) => JSON.stringify(object))].join(" "),
    ),
    ...diff.unclassified.map(({ change, before, after }) => {
      const node = after ?? before;
      return `unclassified ${change} ${node?.reason} ${node?.block} ${node?.type} ${node?.path}`;
    }),
  ];
}

/** Fails with everything that the diff said, unless it says that access grew or may have. */
export function expectGrowth(sides: Sides): AccessDiff {
  const diff = diffOf(sides);
  if (!grows(diff)) throw new Error(`access grew, and the diff says:\n${said(diff).join("\n") || "(nothing)"}`);
  return diff;
}

/** The same program on both sides but for one argument. */
export function both<T>(build: (app: App, value: T) => void, base: T, head: T): Sides {
  return { base: (app) => build(app, base), head: (app) => build(app, head) };
}

/** A world in which `web` reads one table. */
export function reading(app: App): World {
  const world = new World(app);
  world.db.schema("sales").table("wizard").grants.read(world.identity("web"));
  return world;
}

/** A resource of any type, by a provider of any name. */
export class Raw extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    type: string,
    private readonly args: Record<string, unknown> = {},
    more: object = {},
  ) {
    super(scope, id, { terraformResourceType: type, ...more });
  }
  override synthesizeAttributes(): { [name: string]: unknown } {
    return this.args;
  }
}

/** A provider of any name and source. */
export class RawProvider extends TerraformProvider {
  constructor(
    scope: Construct,
    id: string,
    type: string,
    source: string,
    private readonly args: Record<string, unknown> = {},
    alias?: string,
  ) {
    super(scope, id, { terraformResourceType: type, terraformProviderSource: source });
    this.alias = alias;
  }
  override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.args, alias: this.alias };
  }
}

/** An element that writes what it likes. */
export class Free extends TerraformElement {
  constructor(
    scope: Construct,
    id: string,
    private readonly json: unknown,
  ) {
    super(scope, id);
  }
  override toTerraform(): unknown {
    return this.json;
  }
}

export function stackOf(app: App, id: string): TerraformStack {
  return new TerraformStack(app, id);
}
