// SPDX-License-Identifier: GPL-3.0-or-later
/** What the project uses of WebAssembly; @types/node leaves it to the DOM library. */
declare namespace WebAssembly {
  interface Module {
    readonly module: unique symbol;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, (...values: number[]) => unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
