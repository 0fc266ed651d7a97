// SPDX-License-Identifier: GPL-3.0-or-later
/** What the project uses of WebAssembly; @types/node leaves it to the DOM library. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    readonly module: unique symbol;
  }
  class Memory {
    constructor(size: { initial: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, ((...values: number[]) => unknown) | Memory>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
