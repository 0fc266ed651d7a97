// SPDX-License-Identifier: GPL-3.0-or-later
/** The circom compiler in WebAssembly. */
declare module "circom2" {
  export interface Bindings {
    exit(code: number): never;
    kill(signal: string): never;
    fs: unknown;
  }
  export const bindings: Bindings;
  export class CircomRunner {
    constructor(options: {
      args: readonly string[];
      env: NodeJS.ProcessEnv;
      preopens: Readonly<Record<string, string>>;
      bindings: Bindings;
    });
    execute(wasm: Uint8Array): Promise<unknown>;
  }
}
