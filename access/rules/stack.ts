import type { Provenance } from "../model/graph";
import { knownIn } from "../terraform/known";
import { blocks, first, Json, JsonObject, object } from "../terraform/json";
import { unrolled } from "./dynamic";
import type { Resource } from "./resource";

/** A stack as it is written. */
export interface StackDocument {
  readonly name: string;
  readonly document: JsonObject;
}

/** Place and line of a construct path. */
export type Placed = (path: string) => Provenance;

/** The resources of a stack, with what its expressions come to where that is known. What is there zero times is left out. */
export function resourcesOf({ name, document }: StackDocument, placed: Placed): Resource[] {
  const known = knownIn(document);
  return [
    ...blocksOf(name, document.resource, "", placed, known),
    ...blocksOf(name, document.data, "data.", placed, known),
  ].filter(({ body }) => String(body.count) !== "0");
}

function blocksOf(
  stack: string,
  kinds: Json | undefined,
  before: string,
  placed: Placed,
  known: (value: Json) => Json,
): Resource[] {
  return Object.entries(object(kinds)).flatMap(([type, named]) =>
    Object.entries(object(named)).map(([id, said]) => {
      const { body, repeated } = unrolled(object(known(first(said))));
      return {
        ...placed(pathOf(body, stack)),
        stack,
        address: `${before}${type}.${id}`,
        type: before + type.replace(/_v\d+((alpha|beta)\d+)?(?=_|$)/, ""),
        body,
        ...(repeated.length > 0 && { repeated }),
      };
    }),
  );
}

/** Provider blocks, the backend, and what is written into variables, locals and outputs. */
export function settingsOf({ name: stack, document }: StackDocument, placed: Placed): Resource[] {
  const known = knownIn(document);
  const setting = (type: string, address: string, body: JsonObject): Resource => ({
    ...placed(stack),
    stack,
    address,
    type,
    body: object(known(body)),
  });
  const providers = Object.entries(object(document.provider)).flatMap(([type, said]) =>
    blocks(said).map((body) => setting(`provider.${type}`, `provider.${type}`, body)),
  );
  const terraform = object(document.terraform);
  const backend = Object.entries(object(terraform.backend))[0];
  const [type, body] = backend ?? (terraform.cloud === undefined ? ["local", {}] : ["cloud", first(terraform.cloud)]);
  const variables = Object.entries(object(document.variable)).map(([id, said]) =>
    setting("variable", `var.${id}`, first(said)),
  );
  const outputs = Object.entries(object(document.output)).map(([id, said]) =>
    setting("output", `output.${id}`, { [id]: first(said).value }),
  );
  return [
    ...providers,
    setting(`backend.${type}`, "terraform.backend", first(body)),
    ...variables,
    ...blocks(document.locals).map((body) => setting("locals", "locals", body)),
    ...outputs,
  ];
}

export function pathOf(body: JsonObject, stack: string): string {
  const { path } = object(object(body["//"]).metadata);
  return typeof path === "string" ? path : stack;
}
