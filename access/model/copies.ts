/**
 * Makes `instanceof` true for instances of this class from another copy of this package too: two versions in one `node_modules`, or
 * jest's module sandboxes. A class has the same members in each copy.
 *
 * @param name The class's name: one class of it in the package.
 */
export function knownAcrossCopies(type: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(`leasehold.class.${name}`);
  Object.defineProperty(type.prototype, brand, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // A subclass inherits this, and means its own instances.
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this as () => void, value);
      return typeof value === "object" && value !== null && brand in value;
    },
  });
}
