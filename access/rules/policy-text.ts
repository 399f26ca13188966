/** One rule of a policy of Vault. */
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

/** The rules of a policy, in HCL or JSON. @returns undefined where the text is not understood, which is not the same as empty */
export function rulesOf(text: string): PolicyRule[] | undefined {
  if (text.trim().startsWith("{")) return fromJson(text);
  const tokens: string[] = [];
  const rest = text.replace(
    /\s+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|[A-Za-z0-9_.-]+|[{}[\]=,:]/g,
    (token) => {
      if (!/^(\s|#|\/)/.test(token)) tokens.push(token);
      return "";
    },
  );
  if (rest !== "") return undefined;
  const rules: PolicyRule[] = [];
  for (let at = 0; at < tokens.length;) {
    if (tokens[at] === "name" && tokens[at + 1] === "=") {
      at += 3;
      continue;
    }
    const key = bare(tokens[at]);
    if (key !== "path" || tokens[at + 2] !== "{") return undefined;
    const path = bare(tokens[at + 1]);
    let depth = 1;
    let end = at + 3;
    for (; end < tokens.length && depth > 0; end++) depth += tokens[end] === "{" ? 1 : tokens[end] === "}" ? -1 : 0;
    if (depth > 0) return undefined;
    const body = tokens.slice(at + 3, end - 1);
    rules.push(ruleOf(path, body));
    at = end;
  }
  return rules;
}

function ruleOf(path: string, body: readonly string[]): PolicyRule {
  const listAt = (name: string, close: string): string[] | undefined => {
    const at = body.findIndex((token) => bare(token) === name);
    if (at < 0) return undefined;
    const start = body.findIndex((token, index) => index > at && (token === "[" || token === "{"));
    return body
      .slice(start + 1, body.indexOf(close, start))
      .filter((token) => !/^[,{}[\]=:]$/.test(token))
      .map(bare);
  };
  const legacy = body.findIndex((token) => bare(token) === "policy");
  const capabilities = listAt("capabilities", "]") ?? (legacy < 0 ? [] : (LEGACY[bare(body[legacy + 2])] ?? []));
  const parameters = listAt("allowed_parameters", "}");
  return { path, capabilities, ...(parameters && { parameters }) };
}

function fromJson(text: string): PolicyRule[] | undefined {
  try {
    const parsed = JSON.parse(text) as { path?: unknown };
    const blocks = [parsed.path ?? {}].flat() as Record<string, Record<string, unknown>>[];
    return blocks.flatMap((block) =>
      Object.entries(block).map(([path, rule]): PolicyRule => {
        const { capabilities, policy, allowed_parameters: parameters } = [rule].flat()[0] as Record<string, unknown>;
        return {
          path,
          capabilities: Array.isArray(capabilities) ? capabilities.map(String) : (LEGACY[String(policy)] ?? []),
          ...(parameters !== undefined && { parameters: Object.keys(parameters as object) }),
        };
      }),
    );
  } catch {
    return undefined;
  }
}

const bare = (token: string): string => (token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, "$1") : token);

/**
 * The paths that a target stands for. Its `any` stands for a name that no rule has, and for each name that a rule has
 * there. So a rule for one name only, such as `auth/people/users/me`, counts for that name.
 */
export function namesFor(rules: readonly PolicyRule[], target: string): string[] {
  const parts = target.split("/");
  const at = parts.lastIndexOf("any");
  if (at < 0) return [target];
  const names = rules.flatMap(({ path }) => {
    const segments = path.replace(/^\//, "").split("/");
    const name = segments[at]?.replace(/\{\{.*?\}\}|[+*]/g, "any");
    return name ? [name] : [];
  });
  return [...new Set(["any", ...names])].map((name) => parts.map((part, i) => (i === at ? name : part)).join("/"));
}

/** The rule that Vault takes for a path: the most specific one. A part in `{{…}}` may stand for any name. */
export function ruleFor(rules: readonly PolicyRule[], path: string): PolicyRule | undefined {
  const matching = rules.filter(({ path: pattern }) => matcher(pattern).test(path));
  return matching.reduce<PolicyRule | undefined>(
    (best, rule) => (best && !moreSpecific(rule, best) ? best : rule),
    undefined,
  );
}

function matcher(pattern: string): RegExp {
  const glob = pattern.endsWith("*");
  const parts = (glob ? pattern.slice(0, -1) : pattern)
    .replace(/^\//, "")
    .split("/")
    .map((part) =>
      part === "+"
        ? "[^/]+"
        : part
            .split(/\{\{.*?\}\}/)
            .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
            .join("[^/]+"),
    );
  return new RegExp(`^${parts.join("/")}${glob ? "" : "$"}`);
}

/** As Vault's documentation orders them (Policies, priority matching). */
function moreSpecific({ path: a }: PolicyRule, { path: b }: PolicyRule): boolean {
  const wild = (path: string): number => {
    const at = path.search(/\+|\*$/);
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  const plus = (path: string): number => path.split("/").filter((part) => part === "+").length;
  if (wild(a) !== wild(b)) return wild(a) > wild(b);
  if (a.endsWith("*") !== b.endsWith("*")) return b.endsWith("*");
  if (plus(a) !== plus(b)) return plus(a) < plus(b);
  return a.length !== b.length ? a.length > b.length : a > b;
}
