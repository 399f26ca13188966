import { IResolvable, Tokenization } from "cdktf";
import { described, withArticle, writtenDuration } from "./described";
import type { Shape } from "./shape";
import { fieldsOf } from "./struct-fields";

/** Something that is wrong with an option. */
export interface OptionProblem {
  /** Where in the options: `lease.maxTtl`, `containers[0].env`. */
  readonly at: string;
  readonly message: string;
  readonly fix: string;
  /** It changes nothing, and is told. @default - it is an error */
  readonly warning?: true;
}

function isToken(value: unknown): boolean {
  return typeof value === "object" && value !== null && Tokenization.isResolvable(value as IResolvable);
}

const TOKEN_FIX = "give the plain text, if a name is made of it; else write Token.asString(…) of the token";

/** An object that is neither a list nor a token. */
export function isPlainEnough(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isToken(value);
}

/** A text without which nothing can be made, and that says nothing. */
export function empty(at: string): OptionProblem {
  return { at, message: `\`${at}\` is empty`, fix: "give its text" };
}

/** What was given is not what the shape asks for. */
export function wrong(at: string, value: unknown, shape: Shape): OptionProblem {
  const [kind, fix] = asked(shape, value);
  const what = at === "the options" ? "the options are" : `\`${at}\` is`;
  const wanted =
    typeof shape === "object" && "oneOf" in shape ? `which is none of ${kind}` : `not ${withArticle(kind)}`;
  return { at, message: `${what} ${described(value)}, ${wanted}`, fix };
}

/** What a shape asks for in words, and how to give it. */
function asked(shape: Shape, value: unknown): readonly [kind: string, fix: string] {
  if (shape === "string") return ["string", isToken(value) ? TOKEN_FIX : "give a string"];
  if (shape === "number") return ["number", "give a number, without quotes"];
  if (shape === "boolean") return ["boolean", "write true or false, without quotes"];
  if (shape === "unknown") return ["value", "give a value"];
  if ("oneOf" in shape) {
    const choices = shape.oneOf.map((one) => JSON.stringify(one));
    return [choices.join(", "), `write ${choices.join(" or ")}`];
  }
  if ("any" in shape) {
    const parts = shape.any.map((one) => asked(one, value));
    return [parts.map(([kind]) => kind).join(" or "), parts.map(([, fix]) => fix).join(", or ")];
  }
  if ("list" in shape) return ["list", `write a list: [${example(shape.list)}]`];
  if ("map" in shape) return ["object", "give an object: { name: value }"];
  if ("struct" in shape) {
    const needed = fieldsOf(shape.struct).filter(([, , optional]) => !optional);
    const shown = needed.length > 0 ? needed : fieldsOf(shape.struct).slice(0, 3);
    return [
      "object",
      LEASES.includes(shape.struct) && !isPlainEnough(value)
        ? `write { maxTtl: ${writtenDuration(value)} }`
        : `give an object: { ${shown.map(([name]) => name).join(", ")} }`,
    ];
  }
  if (shape.like === "Duration") return ["Duration", `write ${writtenDuration(value)}`];
  const name = shape.like.replace(/^I(?=[A-Z])/, "");
  const { kind = name, fix = `give the ${name} itself` } = LIKE[name] ?? {};
  return [kind, fix];
}

function example(shape: Shape): string {
  if (shape === "string") return '"…"';
  if (typeof shape === "object" && "struct" in shape) return "{ … }";
  if (typeof shape === "object" && "like" in shape)
    return shape.like.replace(/^I(?=[A-Z])|^Terraform/, "").replace(/^./, (letter) => letter.toLowerCase());
  return "…";
}

/** Options that are durations: what is given for them is one. */
const LEASES = ["LeaseTimes", "LeaseLimits"];

/** How to put right what is no identity. */
export const IDENTITY_FIX =
  "give the WorkloadIdentity itself, or what runs as it: names alone do not say which cluster and namespace";

/** What an object of a class is, where that is not the class's name, and how to give one. */
const LIKE: Readonly<Record<string, { readonly kind?: string; readonly fix: string }>> = {
  AdminCredential: { fix: 'write AdminCredential.fromKv("postgres/main/admin")' },
  ClusterAccess: { fix: "write ClusterAccess.kubeconfig(), or another of its ways" },
  Credential: {
    fix: "write Credential.uri(access), with the DatabaseAccess, made here or by DatabaseAccess.fromMount(scope, id, { … })",
  },
  KubernetesAuth: {
    fix: "give the KubernetesAuth of the cluster, made here or by KubernetesAuth.fromAttributes(scope, id)",
  },
  Migrations: { fix: 'write Migrations.fromFolder("migrations")' },
  PostgresDatabase: {
    kind: "database",
    fix: "give the PostgresDatabase, made here or by PostgresDatabase.fromDatabaseName(scope, id, { instance, owner })",
  },
  PostgresInstance: {
    kind: "server",
    fix: "give the PostgresInstance, made here or by PostgresInstance.fromEndpoint(scope, id, { … })",
  },
  StateBackend: { fix: "write StateBackend.local(), or another of its ways" },
  TerraformStack: { kind: "stack", fix: "give the stack itself" },
  Vault: {
    fix: 'write Vault.fromAddress({ addressFromPods: "https://vault.example.com:8200" }), or give the VaultServer of the program',
  },
  VaultMode: { fix: "write VaultMode.dev(), or another of its ways" },
  VaultPath: { fix: 'write VaultPath.exact("secret/data/app")' },
  WorkloadIdentity: { kind: "identity", fix: IDENTITY_FIX },
};
