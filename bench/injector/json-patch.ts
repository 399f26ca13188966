import { InjectionRefused } from "./go";

/** One operation of RFC 6902. */
export interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

type Node = Record<string, unknown> | unknown[];

function refuse(operation: PatchOperation, why: string): never {
  throw new InjectionRefused(`JSON patch: ${operation.op} ${operation.path}: ${why}`);
}

/** The place that a pointer names: the object or list that holds it, and the key in there. */
function locate(document: unknown, pointer: string, operation: PatchOperation): [Node, string] {
  if (!pointer.startsWith("/")) refuse(operation, "not a pointer below the document");
  const keys = pointer.slice(1).split("/");
  const parts = keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = parts.pop() as string;
  let node = document;
  for (const part of parts) node = (node as Record<string, unknown> | undefined)?.[part];
  if (typeof node !== "object" || node === null) refuse(operation, "no such place");
  return [node as Node, last];
}

function indexIn(key: string, operation: PatchOperation, end: number): number {
  const index = /^\d+$/.test(key) ? Number(key) : NaN;
  if (!(index <= end)) refuse(operation, `no index ${key}`);
  return index;
}

function read(document: unknown, pointer: string, operation: PatchOperation): unknown {
  const [node, key] = locate(document, pointer, operation);
  if (Array.isArray(node)) return node[indexIn(key, operation, node.length - 1)];
  if (!(key in node)) refuse(operation, "no such key");
  return node[key];
}

function add(document: unknown, pointer: string, value: unknown, operation: PatchOperation): void {
  const [node, key] = locate(document, pointer, operation);
  if (!Array.isArray(node)) node[key] = value;
  else node.splice(key === "-" ? node.length : indexIn(key, operation, node.length), 0, value);
}

function remove(document: unknown, pointer: string, operation: PatchOperation): void {
  read(document, pointer, operation);
  const [node, key] = locate(document, pointer, operation);
  if (Array.isArray(node)) node.splice(Number(key), 1);
  else delete node[key];
}

/** Equal as JSON values: the order of keys does not count. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => key in right && same(left[key], right[key]));
}

/**
 * Applies a JSON patch (RFC 6902) to a copy.
 * @throws InjectionRefused if an operation has no place to act on, or a test fails
 */
export function applyJsonPatch<T>(document: T, operations: readonly PatchOperation[]): T {
  const result = structuredClone(document);
  for (const operation of operations) {
    const { op, path, from = "", value } = operation;
    if (op === "add") add(result, path, structuredClone(value), operation);
    else if (op === "remove") remove(result, path, operation);
    else if (op === "replace") {
      remove(result, path, operation);
      add(result, path, structuredClone(value), operation);
    } else if (op === "copy") add(result, path, structuredClone(read(result, from, operation)), operation);
    else if (op === "move") {
      const moved = read(result, from, operation);
      remove(result, from, operation);
      add(result, path, moved, operation);
    } else if (op === "test") {
      if (!same(read(result, path, operation), value)) refuse(operation, "the value differs");
    } else refuse(operation, "unknown operation");
  }
  return result;
}
