// Writes constructs/private/shapes.ts: what the public types say of each options object, as data, so that a program of plain
// JavaScript is told what a compiler would have told it.
import { join, relative } from "node:path";
import ts from "typescript";
import { root } from "./install.mjs";

/** The text of constructs/private/shapes.ts. */
export function renderShapes() {
  const { structs, classes } = shapesOf(["constructs/index.ts", "stacks/index.ts"].map((file) => join(root, file)));
  return [
    "// Written by `npm run jsii -- --write` from the public types; CI checks that it is fresh.",
    'import type { Struct } from "./shape";',
    "",
    "/** The properties of each options object; those with a `?` may be left out. */",
    "export const STRUCTS: Readonly<Record<string, Struct>> = {",
    ...lines(structs),
    "};",
    "",
    "/** What an object of each class or interface has. */",
    "export const MEMBERS: Readonly<Record<string, readonly string[]>> = {",
    ...lines(classes),
    "};",
    "",
  ].join("\n");
}

function shapesOf(entries) {
  const program = ts.createProgram(entries, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
  });
  const checker = program.getTypeChecker();
  const shapes = new Shapes(checker);
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declaration = symbol.declarations?.[0];
      if (!declaration || !ts.isInterfaceDeclaration(declaration) || /^I[A-Z]/.test(symbol.name)) continue;
      if (relative(root, declaration.getSourceFile().fileName).startsWith("access/")) continue;
      shapes.structOf(symbol.name, checker.getDeclaredTypeOfSymbol(symbol));
    }
  }
  return shapes;
}

/** What the public types say, gathered as they refer to each other. */
class Shapes {
  structs = {};
  classes = {};

  constructor(checker) {
    this.checker = checker;
  }

  structOf(name, type) {
    if (this.structs[name]) return;
    const bases = (type.getBaseTypes?.() ?? []).map((base) => base.symbol.name);
    const fields = {};
    this.structs[name] = bases.length > 0 ? { extends: bases, fields } : { fields };
    type.getBaseTypes?.()?.forEach((base) => this.structOf(base.symbol.name, base));
    for (const property of type
      .getProperties()
      .filter((one) => !one.name.startsWith("_") && one.parent === type.symbol)) {
      const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      fields[property.name + (optional ? "?" : "")] = this.shapeOf(this.checker.getTypeOfSymbol(property));
    }
  }

  shapeOf(given) {
    const type = this.checker.getNonNullableType(given);
    const { flags } = type;
    if (type.isUnion()) {
      const literals = type.types.map((part) =>
        part.isStringLiteral() || part.isNumberLiteral() ? part.value : undefined,
      );
      if (literals.every((literal) => literal !== undefined)) return { oneOf: literals };
      return flags & ts.TypeFlags.Boolean || type.types.every((part) => part.flags & ts.TypeFlags.BooleanLiteral)
        ? "boolean"
        : {
            any: [
              ...new Map(
                type.types.map((part) => this.shapeOf(part)).map((one) => [JSON.stringify(one), one]),
              ).values(),
            ],
          };
    }
    if (flags & ts.TypeFlags.StringLike) return type.isStringLiteral() ? { oneOf: [type.value] } : "string";
    if (flags & ts.TypeFlags.NumberLike) return type.isNumberLiteral() ? { oneOf: [type.value] } : "number";
    if (flags & ts.TypeFlags.BooleanLike) return "boolean";
    if (this.checker.isArrayType(type)) return { list: this.shapeOf(this.checker.getTypeArguments(type)[0]) };
    const values = type.getStringIndexType();
    if (values) return { map: this.shapeOf(values) };
    const symbol = type.aliasSymbol ?? type.symbol;
    if (!symbol || !(flags & ts.TypeFlags.Object) || type.getCallSignatures().length > 0) return "unknown";
    const file = relative(root, symbol.declarations[0].getSourceFile().fileName);
    const ours = !file.startsWith("..") && !file.includes("node_modules");
    const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
    if (isClass || /^I[A-Z]/.test(symbol.name)) {
      this.classes[symbol.name] ??= ours || symbol.name === "Construct" ? membersOf(type) : ["node"];
      return { like: symbol.name };
    }
    if (!ours || !(symbol.flags & ts.SymbolFlags.Interface)) return "unknown";
    this.structOf(symbol.name, type);
    return { struct: symbol.name };
  }
}

/** What tells an object of a class: its public members of its own, not those of a construct; else its internal ones. */
function membersOf(type) {
  const own = type.getProperties().filter(
    (one) =>
      !(one.flags & ts.SymbolFlags.Optional) &&
      one.declarations?.every((declaration) => {
        const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
        const outside = declaration.getSourceFile().fileName.includes("node_modules");
        return !outside && !(ts.getCombinedModifierFlags(declaration) & hidden);
      }),
  );
  const names = own
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("__"))
    .sort();
  const open = names.filter((name) => !name.startsWith("_"));
  return open.length > 0 ? open : names;
}

/** A line each, so that a change of the public types is a change of one line. */
function lines(table) {
  return Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`);
}
