// SPDX-License-Identifier: GPL-3.0-or-later
/** The deployed code of pool, rules, verifiers and libraries against the build at hand. Without a build nothing is compared, and the report says so. */
import { comparePoolCode, readPoolBuild } from "../chain/index.ts";
import type { BuildReader, CodeMatch, ComparedCode, PoolBuild, PoolClient, VerifierAddresses } from "../chain/index.ts";
import type { FindingCode, Findings } from "./findings.ts";

export interface CodeReport {
  /** Why code was not compared; undefined where it was. */
  readonly notCompared: string | undefined;
  readonly contracts: readonly ComparedCode[];
}

/** What the report says of a contract's code. */
export const CODE_TEXTS: Readonly<Record<CodeMatch, string>> = {
  same: "as this build has it",
  sources: "this build's instructions, from sources with another text",
  other: "OTHER THAN THIS BUILD'S",
  none: "THERE IS NONE",
};

const FOUND: Readonly<Record<CodeMatch, FindingCode | undefined>> = {
  same: undefined,
  sources: "CODE_SOURCES_DIFFER",
  other: "CODE_DIFFERS",
  none: "CODE_DIFFERS",
};

/** @throws ChainError where the endpoint fails */
export async function checkCode(
  client: PoolClient,
  verifiers: VerifierAddresses,
  findings: Findings,
  build: BuildReader | undefined,
): Promise<CodeReport> {
  const read = await readBuild(build);
  if (typeof read === "string") {
    findings.add("CODE_NOT_COMPARED", "pool, settlement, disputes, verifiers", {}, { found: read });
    return { notCompared: read, contracts: [] };
  }
  const contracts = await comparePoolCode(client, read, verifiers);
  for (const { contract, address, bytes, match } of contracts) {
    const code = FOUND[match];
    if (code !== undefined) findings.add(code, `${contract} at ${address}`, {}, { found: `${bytes} bytes` });
  }
  return { notCompared: undefined, contracts };
}

/** The build; or why there is none: one of other sources than those at hand, or never made here, would accuse the innocent. */
async function readBuild(build: BuildReader | undefined): Promise<PoolBuild | string> {
  if (build === undefined) return "no build was given";
  try {
    return await readPoolBuild(build);
  } catch (error) {
    return (error as Error).message;
  }
}
