/** What an address of a Terraform expression is to be replaced by, if anything: `vault_mount.kv`, `data.vault_policy.p`, `var.x`. */
export type Rename = (address: string) => string | undefined;

const REFERENCE = /(?:(?:data|ephemeral)\.)?[A-Za-z_][\w-]*\.[\w-]+/y;

/** A string of Terraform JSON with the addresses in its `${…}` and `%{…}` replaced. What stands outside of them is text. */
export function renameInTemplate(text: string, rename: Rename): string {
  return new Scanner(text, rename).template(false);
}

/** The same for a bare expression, as `replace_triggered_by` and `provider` hold it. */
export function renameInExpression(text: string, rename: Rename): string {
  const scanner = new Scanner(text, rename);
  let out = scanner.code();
  // A brace that closes nothing.
  while (!scanner.done) out += scanner.take(1) + scanner.code();
  return out;
}

class Scanner {
  private position = 0;

  constructor(
    private readonly text: string,
    private readonly rename: Rename,
  ) {}

  get done(): boolean {
    return this.position >= this.text.length;
  }

  /** Text with templates in it; inside of an expression, up to the quote that ends it. */
  template(quoted: boolean): string {
    let out = "";
    while (this.position < this.text.length) {
      const rest = this.text.slice(this.position, this.position + 3);
      if (/^([$%])\1\{/.test(rest)) out += this.take(3);
      else if (/^[$%]\{/.test(rest)) out += this.take(2) + this.code() + this.take(1);
      else if (quoted && rest.startsWith("\\")) out += this.take(2);
      else if (quoted && rest.startsWith('"')) return out;
      else out += this.take(1);
    }
    return out;
  }

  /** An expression, up to the brace that ends it. */
  code(): string {
    let out = "";
    let depth = 0;
    while (this.position < this.text.length) {
      const char = this.text[this.position];
      if (char === "}" && depth === 0) return out;
      if (char === "{") depth++;
      if (char === "}") depth--;
      if (char === '"') out += this.take(1) + this.template(true) + this.take(1);
      else if (/[A-Za-z_]/.test(char)) out += this.name();
      else out += this.take(1);
    }
    return out;
  }

  /** A name, and what is read of it: an address where one is known. */
  private name(): string {
    REFERENCE.lastIndex = this.position;
    const address = this.text[this.position - 1] === "." ? undefined : REFERENCE.exec(this.text)?.[0];
    const renamed = address === undefined ? undefined : this.rename(address);
    if (address !== undefined && renamed !== undefined) {
      this.take(address.length);
      return renamed;
    }
    return this.take(/^[\w-]+/.exec(this.text.slice(this.position, this.position + 400))?.[0].length ?? 1);
  }

  take(count: number): string {
    const from = this.position;
    this.position += count;
    return this.text.slice(from, this.position);
  }
}
