import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { COMMANDS } from "../../cli/commands";

/** What the pages show is what the library takes: each TypeScript block compiles, each `leasehold` command has its options. */
const root = join(__dirname, "../..");
const PAGES = [
  "README.md",
  "examples/sandbox/README.md",
  "examples/existing/README.md",
  ...readdirSync(join(root, "docs"), { recursive: true })
    .map((name) => join("docs", String(name)))
    .filter((name) => name.endsWith(".md")),
].sort();
const text = (page: string): string => readFileSync(join(root, page), "utf8");

interface Block {
  readonly page: string;
  readonly line: number;
  readonly code: string;
}

function blocks(language: string): Block[] {
  return PAGES.flatMap((page) =>
    [...text(page).matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^\\1\`\`\`$`, "gm"))].map((found) => ({
      page,
      line: text(page).slice(0, found.index).split("\n").length + 1,
      code: found[2],
    })),
  );
}

/** What a fragment may name without making it: the page says what it is, or the program of the README has it. */
const GIVEN = `
declare const app: App, config: VaultConfigStack, postgres: PostgresStack, workloads: WorkloadsStack, stack: AccessStack;
declare const environment: Environment, cluster: KubernetesAuth, eu: KubernetesAuth, home: KubernetesAuth;
declare const identity: WorkloadIdentity, web: WorkloadIdentity, reporting: WorkloadIdentity, migrator: WorkloadIdentity;
declare const db: DatabaseAccess, access: DatabaseAccess, shop: DatabaseAccess, ledger: IPostgresInstance, vault: Vault;
declare const oldCa: string, newCa: string, image: string, containers: Container[];
declare const database: IPostgresDatabase;
declare const scope: App, instance: IPostgresInstance;
declare const SERVER: { host: string; port: number };
declare const tables: SchemaRef;
`;

/** The fragment as a module of its own: with the imports that it needs, and what it takes as given unless it makes that itself. */
function asModule(code: string, exported: ReadonlyMap<string, string>): string {
  const whole = code.replace(/, … \}/g, " }").replace(/^vault: \{[^\n]*\},\n$/, "({ $& });");
  const made = new Set([...whole.matchAll(/\b(?:const|class) (\w+)/g)].map(([, name]) => name));
  const given = GIVEN.split("\n")
    .map((line) =>
      line.startsWith("declare const ")
        ? line
            .slice("declare const ".length)
            .replace(/;$/, "")
            .split(/, (?=\w+: )/)
            .filter((each) => !made.has(/^\w+/.exec(each)?.[0] ?? ""))
            .map((each) => `declare const ${each};`)
            .join(" ")
        : line,
    )
    .join("\n");
  const body = `${given}\n{\n${whole}\n}`;
  const imports = [...new Set(body.match(/\b[A-Za-z]\w*\b/g))]
    .filter((name) => exported.has(name) && !made.has(name) && !new RegExp(`import [^;]*\\b${name}\\b`).test(whole))
    .map((name) => `import { ${name} } from "${exported.get(name)}";`);
  return `import { readFileSync } from "node:fs";\n${imports.join("\n")}\nvoid readFileSync;\n${body}\nexport {};\n`;
}

test("each TypeScript block of a page compiles against the library", () => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  const settings = { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false, composite: false };
  const snippets = new Map<string, { readonly block: Block; readonly code: string }>();
  const host = ts.createCompilerHost(settings);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => snippets.has(name) || fileExists(name);
  host.readFile = (name) => snippets.get(name)?.code ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const snippet = snippets.get(name);
    return snippet ? ts.createSourceFile(name, snippet.code, version) : getSourceFile(name, version, ...rest);
  };

  const modules = { leasehold: "constructs", "leasehold/stacks": "stacks", "leasehold/assertions": "assertions" };
  const files = Object.values(modules).map((folder) => join(root, folder, "index.ts"));
  const library = ts.createProgram(files, settings, host);
  const checker = library.getTypeChecker();
  const exported = new Map<string, string>([["App", "cdktf"]]);
  for (const [index, name] of Object.keys(modules).entries()) {
    const symbol = checker.getSymbolAtLocation(library.getSourceFile(files[index]) as ts.SourceFile);
    for (const each of checker.getExportsOfModule(symbol as ts.Symbol)) exported.set(each.name, name);
  }

  // Those with imports are whole programs: their own tests compile and run them.
  const fragments = blocks("ts").filter(({ code }) => !/^\s*import /m.test(code));
  expect(fragments.length).toBeGreaterThan(15);
  for (const [index, block] of fragments.entries())
    snippets.set(join(root, "__tests__/docs", `snippet-${index}.ts`), { block, code: asModule(block.code, exported) });
  const program = ts.createProgram([...files, ...snippets.keys()], settings, host, library);
  const wrong = [...snippets].flatMap(([name, { block }]) => {
    const file = program.getSourceFile(name) as ts.SourceFile;
    return (
      [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))
        // What a fragment takes as given has a small letter: a class or a function of ours that does not exist is told.
        .filter((message) => !/^(Cannot find name '[a-z]|No value exists in scope for the shorthand)/.test(message))
        // Where "…" stands for the rest, something is missing.
        .filter((message) => !(block.code.includes("…") && /missing (in type|the following properties)/.test(message)))
        .map((message) => `${block.page}:${block.line}: ${message}`)
    );
  });
  expect(wrong).toEqual([]);
}, 600_000);

test("each leasehold command of a page exists, with the options that it is given", () => {
  const commands = new Map(COMMANDS.map((command) => [command.name, command]));
  const used = blocks("(?:sh|yaml)").flatMap(({ page, line, code }) =>
    [
      ...code
        .replace(/\\\n\s*/g, " ")
        .matchAll(/(?:npx (?:--no-install )?leasehold|cli\/main\.js) ([a-z-]+)([^\n|>#&)]*)/g),
    ].map(([, name, rest]) => ({
      at: `${page}:${line}`,
      name,
      options: [...rest.matchAll(/--([a-z-]+)/g)].map(([, each]) => each),
    })),
  );
  expect(used.length).toBeGreaterThan(40);
  const wrong = used.flatMap(({ at, name, options }) => {
    const command = commands.get(name);
    if (name === "help") return [];
    if (!command) return [`${at}: there is no command ${name}`];
    return options.filter((each) => !(each in command.options)).map((each) => `${at}: ${name} has no --${each}`);
  });
  expect(wrong).toEqual([]);
});

test("each command of a page stands on a line of its own", () => {
  const joined = blocks("sh").flatMap(({ page, line, code }) =>
    code
      .replace(/\\\n\s*/g, " ")
      .split("\n")
      .filter((each) => /\b(npx|npm|kubectl|vault|psql)\b[^;&|$(]*\snpx\b/.test(each))
      .map((each) => `${page}:${line}: ${each}`),
  );
  expect(joined).toEqual([]);
});

test("each command that a sentence names exists, as do each npm script and each file of ours", () => {
  const commands = new Set(["help", ...COMMANDS.map(({ name }) => name)]);
  const { scripts } = JSON.parse(text("package.json"));
  // Folders of the repository, and not what a build or a synthesis makes.
  const made = ["cdktf.out", "dist", "node_modules", "site"];
  const rooms = readdirSync(root).filter((name) => !made.includes(name));
  const pages = [...PAGES, "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
  let named = 0;
  const wrong = pages.flatMap((page) => {
    const said = text(page).replace(/^```[^]*?^```$/gm, "");
    return [...said.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => {
      const [, command] = /^(?:npx )?leasehold ([a-z-]+)/.exec(code) ?? [];
      const [, script] = /^npm run ([a-z:]+)/.exec(code) ?? [];
      const file = /^[\w.-]+(\/[\w.-]+)+\/?$/.test(code) && rooms.includes(code.split("/")[0]) ? code : undefined;
      if (command ?? script ?? file) named += 1;
      return [
        ...(command === undefined || commands.has(command) ? [] : [`${page}: there is no command ${command}`]),
        ...(script === undefined || script in scripts ? [] : [`${page}: there is no script ${script}`]),
        ...(file === undefined || existsSync(join(root, file)) ? [] : [`${page}: there is no ${file}`]),
      ];
    });
  });
  expect(named).toBeGreaterThan(150);
  expect(wrong).toEqual([]);
});

test("what the pages about teams and migrations show stands in the examples", () => {
  const example = (folder: string): string =>
    readdirSync(join(root, "examples", folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(root, "examples", folder, name), "utf8"))
      .join("\n");
  for (const [page, folder] of [
    ["docs/teams.md", "teams"],
    ["docs/migrations.md", "ci-migrations"],
  ]) {
    const shown = blocks("ts").filter((block) => block.page === page);
    expect(shown.length).toBeGreaterThan(0);
    const flat = (code: string): string => code.replace(/\s+/g, " ").trim();
    for (const { code } of shown) expect(flat(example(folder))).toContain(flat(code));
  }
});
