// SPDX-License-Identifier: GPL-3.0-or-later
/** The part of the builders of WebAssembly that this project uses. */
declare module "wasmbuilder" {
  export class ModuleBuilder {
    /** @param pages of 64 KiB, of the memory that the module imports */
    setMemory(pages: number): void;
    build(): Uint8Array;
  }
}

declare module "wasmcurves" {
  import type { ModuleBuilder } from "wasmbuilder";

  /** A prime field in Montgomery form, under names that begin with the prefix. */
  export function buildF1m(module: ModuleBuilder, modulus: bigint, prefix: string): void;
}
