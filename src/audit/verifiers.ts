// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Whether the verifiers that a pool uses hold the verification keys that the audit verifies with: every constant of the key stands in the deployed
 * code, and the code is that of this build. The second says more, the first does not depend on a compiler.
 */
import type { ContractFactory } from "ethers";

import {
  CloseVerifier__factory,
  FoldVerifier__factory,
  RefundVerifier__factory,
  RequestVerifier__factory,
  SlashVerifier__factory,
} from "../../typechain-types/index.js";
import type { PoolClient } from "../chain/index.ts";
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

const BUILDS: Readonly<Record<Checked, { readonly bytecode: ContractFactory["bytecode"] }>> = {
  close: CloseVerifier__factory,
  slash: SlashVerifier__factory,
  fold: FoldVerifier__factory,
  request: RequestVerifier__factory,
  refund: RefundVerifier__factory,
};

type Checked = "close" | "slash" | "fold" | "request" | "refund";

export interface VerifierReport {
  readonly statement: string;
  readonly address: string;
  readonly holdsKey: boolean;
  readonly isOfBuild: boolean;
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

async function addressesOf({ contracts: { settlement, disputes } }: PoolClient): Promise<Record<Checked, string>> {
  const [close, slash, fold, request, refund] = await Promise.all([
    settlement.closeVerifier(),
    settlement.slashVerifier(),
    settlement.foldVerifier(),
    disputes.requestVerifier(),
    disputes.refundVerifier(),
  ]);
  return { close, slash, fold, request, refund };
}

export async function checkVerifiers(
  client: PoolClient,
  manifest: Manifest,
  findings: Findings,
  keys: URL = DEFAULT_KEYS,
): Promise<VerifierReport[]> {
  const reports: VerifierReport[] = [];
  for (const [statement, address] of Object.entries(await addressesOf(client)) as [Checked, string][]) {
    const key = JSON.parse((await readArtifact(keys, manifest, statement, "vkey")).toString("utf8")) as VerificationKey;
    const code = await client.provider.getCode(address);
    const pushed = pushedBy(code);
    const missing = constantsOf(key).filter((constant) => !pushed.has(constant));
    // A verifier has no immutables: what its creation leaves is the end of the creation code.
    const isOfBuild = code.length > 2 && BUILDS[statement].bytecode.endsWith(code.slice(2));
    const subject = `${statement} verifier at ${address}`;
    if (missing.length > 0) {
      findings.add("VERIFIER_KEY_MISMATCH", subject, {}, { found: `${missing.length} of its constants are not there` });
    } else if (!isOfBuild) findings.add("VERIFIER_BUILD_DIFFERS", subject, {});
    reports.push({ statement, address, holdsKey: missing.length === 0, isOfBuild });
  }
  return reports;
}
