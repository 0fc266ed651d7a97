// SPDX-License-Identifier: GPL-3.0-or-later
/** Links a build's bytecode, and tells whether the code at an address is that of the build. */
import { ChainError } from "./errors.ts";

interface References {
  readonly [source: string]: { readonly [library: string]: readonly Span[] };
}
interface Span {
  readonly start: number;
  readonly length: number;
}

/** What is read of a Hardhat artifact. */
export interface Artifact {
  readonly contractName: string;
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly linkReferences: References;
  readonly deployedLinkReferences: References;
  /** Where the constructor writes immutables. */
  readonly immutableReferences?: { readonly [variable: string]: readonly Span[] } | undefined;
}

export interface ArtifactReader {
  readArtifact(name: string): Promise<Artifact>;
}

/** A build that knows what the compiler called the immutables, too. */
export interface BuildReader extends ArtifactReader {
  immutableNames(name: string): Promise<ReadonlyMap<string, string>>;
}

/** Addresses of linked libraries, by name. */
export type Libraries = Readonly<Record<string, string>>;

/** The code with `value`, in hexadecimal, in the place of a span. */
export function overwrite(code: string, { start, length }: Span, value: string): string {
  const from = 2 + 2 * start;
  return code.slice(0, from) + value.toLowerCase() + code.slice(from + 2 * length);
}

function link(code: string, references: References, libraries: Libraries, contractName: string): string {
  let linked = code;
  for (const library of Object.values(references)) {
    for (const [name, spans] of Object.entries(library)) {
      const address = libraries[name];
      if (address === undefined) {
        throw new ChainError("BUILD_INCOMPLETE", `${contractName} needs the library ${name}, which is not deployed`);
      }
      for (const span of spans) linked = overwrite(linked, span, address.slice(2));
    }
  }
  return linked;
}

/** The creation code with its libraries. */
export function linkedBytecode(artifact: Artifact, libraries: Libraries): string {
  return link(artifact.bytecode, artifact.linkReferences, libraries, artifact.contractName);
}

/** The runtime code with its libraries; its immutables are zero. */
export function linkedRuntime(artifact: Artifact, libraries: Libraries): string {
  return link(artifact.deployedBytecode, artifact.deployedLinkReferences, libraries, artifact.contractName);
}

/** The address that a library's code compares itself with when it is called: set at its creation. */
const LIBRARY_SELF = /^0x73[0-9a-f]{40}30146080604052/;

function masked(code: string, { immutableReferences = {} }: Artifact): string {
  let result = code.toLowerCase();
  for (const span of Object.values(immutableReferences).flat()) {
    result = overwrite(result, span, "00".repeat(span.length));
  }
  return LIBRARY_SELF.test(result) ? overwrite(result, { start: 1, length: 20 }, "00".repeat(20)) : result;
}

/** A library's runtime code at an address; other code as it is. */
export function runtimeAt(code: string, address: string): string {
  const lower = code.toLowerCase();
  return LIBRARY_SELF.test(lower) ? overwrite(lower, { start: 1, length: 20 }, address.slice(2)) : lower;
}

/** Whether `code` is the runtime code of the build, linked to `libraries`, whatever its immutables are. */
export function isCodeOf(code: string, artifact: Artifact, libraries: Libraries): boolean {
  const expected = linkedRuntime(artifact, libraries);
  return code.length === expected.length && masked(code, artifact) === masked(expected, artifact);
}

/**
 * Gas that the creation takes, from the sizes alone: 200 for each byte that stays, 16 for each that is sent, and the fixed costs.
 * The dearest constructor, the factory's, writes seven slots.
 */
export function creationGas({ bytecode, deployedBytecode }: Artifact): bigint {
  const bytes = (code: string): bigint => BigInt((code.length - 2) / 2);
  return 350_000n + 200n * bytes(deployedBytecode) + 17n * bytes(bytecode);
}
