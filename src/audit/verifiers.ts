// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Whether the verifiers that a pool uses hold the verification keys that the audit verifies with: every constant of the key stands in the deployed
 * code. That depends on no compiler, and does not say that the constants are used: code.ts compares the code itself.
 */
import { VERIFIED_STATEMENTS } from "../chain/index.ts";
import type { PoolClient, VerifiedStatement, VerifierAddresses } from "../chain/index.ts";
import { DEFAULT_KEYS, readArtifact } from "../prover/index.ts";
import type { Manifest } from "../prover/index.ts";
import type { Findings } from "./findings.ts";

/** What of a verification key a verifier is made from; the rest of it follows. */
interface VerificationKey {
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
}

export interface VerifierReport {
  readonly statement: VerifiedStatement;
  readonly address: string;
  readonly holdsKey: boolean;
}

/** Affine coordinates of all points, without what only marks them as affine. */
function constantsOf({ vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }: VerificationKey): bigint[] {
  const inG1 = (point: readonly string[]): string[] => point.slice(0, 2);
  const inG2 = (point: readonly (readonly string[])[]): string[] => point.slice(0, 2).flat();
  const texts = [
    ...inG1(vk_alpha_1),
    ...inG2(vk_beta_2),
    ...inG2(vk_gamma_2),
    ...inG2(vk_delta_2),
    ...IC.flatMap(inG1),
  ];
  return texts.map(BigInt);
}

/** The byte codes of pushes: 0x5f pushes none, 0x60 one byte, and so on. */
const PUSH0 = 0x5f;

/** Everything that the code pushes, read instruction by instruction, so that no number can hide inside another. */
function pushedBy(code: string): Set<bigint> {
  const bytes = Buffer.from(code.slice(2), "hex");
  const pushed = new Set<bigint>();
  for (let at = 0; at < bytes.length; at++) {
    const length = (bytes[at] as number) - PUSH0;
    if (length < 1 || length > 32) continue;
    const operand = bytes.subarray(at + 1, at + 1 + length);
    if (operand.length > 0) pushed.add(BigInt(`0x${operand.toString("hex")}`));
    at += length;
  }
  return pushed;
}

export async function checkVerifiers(
  { provider }: PoolClient,
  addresses: VerifierAddresses,
  manifest: Manifest,
  findings: Findings,
  keys: URL = DEFAULT_KEYS,
): Promise<VerifierReport[]> {
  const reports: VerifierReport[] = [];
  for (const statement of VERIFIED_STATEMENTS) {
    const address = addresses[statement];
    const key = JSON.parse((await readArtifact(keys, manifest, statement, "vkey")).toString("utf8")) as VerificationKey;
    const pushed = pushedBy(await provider.getCode(address));
    const missing = constantsOf(key).filter((constant) => !pushed.has(constant));
    if (missing.length > 0) {
      const found = `${missing.length} of its constants are not there`;
      findings.add("VERIFIER_KEY_MISMATCH", `${statement} verifier at ${address}`, {}, { found });
    }
    reports.push({ statement, address, holdsKey: missing.length === 0 });
  }
  return reports;
}
