// Renders docs/api.md from jsii's description of the public surface, and names what it says nothing about.
const ROOMS = [
  ["Who is granted access", "constructs/identity/", "constructs/contracts/identity.", "constructs/contracts/cluster."],
  ["Access to a database", "constructs/database/", "constructs/contracts/database."],
  ["Credentials in pods", "constructs/injection/"],
  ["Workloads", "constructs/workloads/"],
  ["PostgreSQL", "constructs/postgres/", "constructs/contracts/postgres."],
  ["Vault", "constructs/vault/", "constructs/contracts/vault."],
  ["Names and times", "access/"],
  ["Further parts", "constructs/private/"],
  ["Stacks and environments (`leasehold/stacks`)", "stacks/"],
];

/** Everything public without a sentence, and every optional property without `@default`: `TableRef.grants`. */
export function unsaid(assembly) {
  return Object.values(assembly.types).flatMap((type) => [
    ...(said(type) ? [] : [type.name]),
    ...membersOf(type).flatMap((member) => [
      ...(said(member) || member.overrides ? [] : [`${type.name}.${member.name}`]),
      ...(type.datatype && member.optional && !member.docs?.default && !inherits(assembly, type, member)
        ? [`${type.name}.${member.name} (no @default)`]
        : []),
    ]),
  ]);
}

export function renderApi(assembly) {
  const types = Object.values(assembly.types);
  const rooms = ROOMS.map(([title, ...places]) => {
    const inside = types.filter((type) => places.some((place) => type.locationInModule.filename.startsWith(place)));
    return [`## ${title}`, ...inside.sort((a, b) => (a.name < b.name ? -1 : 1)).map(typeText)].join("\n\n");
  });
  return [
    "# API",
    "Every type that a program makes or is given, and what each member means. Written by `npm run jsii -- --write`; CI checks that it is fresh.",
    "`leasehold` also exports the model of access (`AccessGraph`, `whoCan`, `whatCan`, `why`, `diffReports`, `parseReport`) for programs in TypeScript; " +
      "`leasehold/assertions` and `leasehold/testing` are in [testing.md](testing.md).",
    ...rooms,
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function typeText(type) {
  const above = [type.base, ...(type.interfaces ?? [])].filter(Boolean).map((name) => `\`${shortName(name)}\``);
  const head = `### \`${type.name}\``;
  const also =
    above.length > 0 ? `Also what ${above.join(" and ")} ${above.length === 1 ? "says" : "say"}.` : undefined;
  const maker = type.initializer && !type.abstract ? [`- \`new ${type.name}(${signature(type.initializer)})\``] : [];
  const members = [
    ...maker,
    ...membersOf(type)
      .filter(({ overrides }) => !overrides)
      .map(memberText),
  ].join("\n");
  return [head, docText(type), also, members].filter(Boolean).join("\n\n");
}

function memberText(member) {
  const name = `${member.static ? "static " : ""}${member.name}`;
  const returned = member.returns ? typeName(member.returns.type) : "void";
  const code = member.type
    ? `${name}${member.optional ? "?" : ""}: ${typeName(member.type)}`
    : `${name}(${signature(member)}): ${returned}`;
  const { default: fallback } = member.docs ?? {};
  return `- \`${code}\`: ${docText(member).replace(/\n+/g, " ")}${fallback ? ` _Default: ${fallback.replace(/^- /, "")}._` : ""}`;
}

function docText({ docs }) {
  return [docs?.summary, docs?.remarks].filter(Boolean).join("\n\n");
}

function signature({ parameters = [], variadic }) {
  return parameters
    .map(
      ({ name, type, optional, variadic: rest }) =>
        `${rest && variadic ? "..." : ""}${name}${optional ? "?" : ""}: ${typeName(type)}`,
    )
    .join(", ");
}

function typeName(type) {
  if (type.primitive) return type.primitive;
  if (type.fqn) return shortName(type.fqn);
  if (type.union) return type.union.types.map(typeName).join(" | ");
  const { kind, elementtype } = type.collection;
  return kind === "array" ? `${typeName(elementtype)}[]` : `Record<string, ${typeName(elementtype)}>`;
}

function shortName(fqn) {
  return fqn.split(".").at(-1);
}

function said({ docs }) {
  return docs?.summary !== undefined;
}

function membersOf(type) {
  return [...(type.properties ?? []), ...(type.methods ?? [])];
}

/** Whether a type above has the property: it says the default. */
function inherits(assembly, type, { name }) {
  return (type.interfaces ?? []).some((above) => membersOf(assembly.types[above] ?? {}).some((m) => m.name === name));
}
