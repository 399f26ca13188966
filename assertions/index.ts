import { accessMatchers, AccessMatchers } from "./access-matchers";

export { accessMatchers, AccessMatchers } from "./access-matchers";
export { Absence, Leniency } from "./blind-spots";
export { ExpectedBounds, TimeBound } from "./bounds";
export {
  AccessAssertionError,
  AccessExpectation,
  expectAccess,
  expectNoAccess,
  NoAccessOptions,
  WorkloadExpectation,
} from "./expect-access";
export { ExpectedAccess } from "./expected";
export { Subject } from "./subject";
export { QuestionError } from "../access/questions/pattern";

declare global {
  // The namespace is that of @types/jest.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
    interface Matchers<R, T> extends AccessMatchers<R> {}
  }
}

// With @jest/globals `expect` has the types of this package. In a declaration file a module may be named that is not installed.
declare module "expect" {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
  interface Matchers<R extends void | Promise<void>, T = unknown> extends AccessMatchers<R> {}
}

// @ts-expect-error vitest is not among our own dependencies
declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
  interface Matchers<T> extends AccessMatchers<void> {}
}

// Where `expect` is a global, the matchers are there once this module is imported, for instance by `setupFilesAfterEnv`.
(globalThis as { expect?: { extend?(matchers: object): void } }).expect?.extend?.(accessMatchers);
