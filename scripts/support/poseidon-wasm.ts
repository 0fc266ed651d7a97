// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The WebAssembly of Poseidon that `src/protocol` loads, as circomlibjs builds it, without the curve and without the constants of more
 * inputs than the protocol has. The library takes over a second to build it, in every process: here that is done once.
 */
import { ModuleBuilder } from "wasmbuilder";
import { buildF1m } from "wasmcurves";

import { FIELD_MODULUS, MOST_POSEIDON_INPUTS, POSEIDON_PAGES } from "../../src/protocol/index.ts";

/** Parts of circomlibjs that it does not export. The whole of it loads a native module, and ethers of another version. */
interface Parts {
  readonly buildPoseidonWasm: (module: ModuleBuilder) => void;
  readonly constants: Readonly<Record<"C" | "S" | "M" | "P", readonly unknown[]>>;
}

async function parts(): Promise<Parts> {
  const file = (name: string): string => new URL(`src/${name}.js`, import.meta.resolve("circomlibjs")).href;
  const { buildPoseidonWasm } = (await import(file("poseidon_wasm"))) as Pick<Parts, "buildPoseidonWasm">;
  const { default: constants } = (await import(file("poseidon_constants_opt"))) as { default: Parts["constants"] };
  return { buildPoseidonWasm, constants };
}

export async function buildPoseidonWasm(): Promise<Uint8Array> {
  const library = await parts();
  for (const list of Object.values(library.constants)) (list as unknown[]).length = MOST_POSEIDON_INPUTS;
  const module = new ModuleBuilder();
  module.setMemory(POSEIDON_PAGES);
  buildF1m(module, FIELD_MODULUS, "frm");
  library.buildPoseidonWasm(module);
  return module.build();
}
