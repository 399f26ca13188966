/** What a policy of Vault says of one path. */
export interface PolicyRule {
  readonly path: string;
  readonly capabilities: readonly string[];
  /** Parameters that a request may carry. Absent where any may. */
  readonly parameters?: readonly string[];
}

const LEGACY: Readonly<Record<string, readonly string[]>> = {
  read: ["read", "list"],
  write: ["create", "read", "update", "delete", "list", "patch"],
  sudo: ["create", "read", "update", "delete", "list", "patch", "sudo"],
  deny: ["deny"],
};

type Value = string | readonly Value[] | Block;

/** A block of HCL, or an object of JSON. Vault reads every item, those of one name, too. */
interface Block {
  readonly items: readonly { readonly keys: readonly string[]; readonly value: Value }[];
}

/** Thrown and caught here: the text is not understood. */
class Unclear extends Error {}

/**
 * The rules of a policy, in HCL or JSON; what several of them say of one path is one rule, as Vault takes it. @returns undefined where the text is not understood,
 * which is not the same as empty
 */
export function rulesOf(text: string): PolicyRule[] | undefined {
  try {
    const json = text.trim().startsWith("{");
    const tokens = tokensOf(text);
    const { items } = new Reader(json ? tokens : ["{", ...tokens, "}"]).whole();
    const found = items.flatMap(({ keys, value }) => {
      if (keys.length === 1 && keys[0] === "name") return [];
      if (keys[0] !== "path" || keys.length > 2) throw new Unclear();
      if (keys.length === 2) return [{ path: keys[1], value }];
      // Only JSON has the paths in an object of their own.
      if (!json) throw new Unclear();
      return several(value).flatMap((one) =>
        blockOf(one).items.map((item) => ({ path: item.keys[0], value: item.value })),
      );
    });
    return merged(found.flatMap(({ path, value }) => several(value).map((one) => ruleOf(path, blockOf(one)))));
  } catch (error) {
    if (error instanceof Unclear) return undefined;
    throw error;
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const rest = text.replace(
    /\s+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|[A-Za-z0-9_.-]+|[{}[\]=,:]/g,
    (token) => {
      if (!/^(\s|#|\/)/.test(token)) tokens.push(token);
      return "";
    },
  );
  if (rest !== "") throw new Unclear();
  return tokens;
}

class Reader {
  private at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  whole(): Block {
    const block = this.value();
    if (this.at < this.tokens.length) throw new Unclear();
    return blockOf(block);
  }

  private next(): string {
    if (this.at >= this.tokens.length) throw new Unclear();
    return this.tokens[this.at++];
  }

  /** Whether one of these is next; it is taken then. */
  private took(...wanted: readonly string[]): boolean {
    const is = wanted.includes(this.tokens[this.at]);
    if (is) this.at++;
    return is;
  }

  private value(): Value {
    const token = this.next();
    if (token === "[") {
      const list: Value[] = [];
      while (!this.took("]")) {
        list.push(this.value());
        this.took(",");
      }
      return list;
    }
    if (token !== "{") return bare(token);
    const items: { keys: string[]; value: Value }[] = [];
    while (!this.took("}")) {
      const keys = [bare(this.next())];
      while (!this.took("=", ":") && this.tokens[this.at] !== "{") keys.push(bare(this.next()));
      items.push({ keys, value: this.value() });
      this.took(",");
    }
    return { items };
  }
}

/** A word, or a string without its quotes. Of what a backslash may stand for, only what needs no table: others hide a path. */
function bare(token: string): string {
  if (/^[{}[\]=,:]$/.test(token) || /\\[^"\\/]|\$\{/.test(token)) throw new Unclear();
  return token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, "$1") : token;
}

const isBlock = (value: Value): value is Block => typeof value === "object" && "items" in value;

function blockOf(value: Value): Block {
  if (!isBlock(value)) throw new Unclear();
  return value;
}

/** JSON may have a list of blocks where HCL writes one after the other. */
const several = (value: Value): readonly Value[] => (typeof value === "object" && !isBlock(value) ? value : [value]);

function ruleOf(path: string, { items }: Block): PolicyRule {
  const only = (name: string): Value | undefined => {
    const found = items.filter(({ keys }) => keys[0] === name);
    // Which of them counts depends on Vault's version.
    if (found.length > 1 || found.some(({ keys }) => keys.length > 1)) throw new Unclear();
    return found[0]?.value;
  };
  const capabilities = several(only("capabilities") ?? []).map(String);
  const legacy = only("policy");
  const parameters = only("allowed_parameters");
  return {
    path,
    capabilities: [...capabilities, ...(legacy === undefined ? [] : (LEGACY[String(legacy)] ?? []))],
    ...(parameters !== undefined && {
      parameters: several(parameters).flatMap((one) => blockOf(one).items.map(({ keys }) => keys[0])),
    }),
  };
}

/** Rules of the same path give what each of them gives, unless one denies. */
function merged(rules: readonly PolicyRule[]): PolicyRule[] {
  const found = new Map<string, PolicyRule>();
  for (const { path, capabilities, parameters } of rules) {
    const key = path.replace(/^\//, "");
    const before = found.get(key);
    const all = [...new Set([...(before?.capabilities ?? []), ...capabilities])];
    const allowed =
      parameters && (before === undefined || before.parameters)
        ? [...new Set([...(before?.parameters ?? []), ...parameters])]
        : undefined;
    found.set(key, {
      path: before?.path ?? path,
      capabilities: all.includes("deny") ? ["deny"] : all,
      ...(allowed && { parameters: allowed }),
    });
  }
  return [...found.values()];
}
