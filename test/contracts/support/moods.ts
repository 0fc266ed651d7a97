// SPDX-License-Identifier: GPL-3.0-or-later
import type { DemoUSD } from "../../../typechain-types/index.js";
import { addressOf, ethers } from "./world.ts";

const MOODS = ["Fair", "Reverts", "ReturnsFalse", "ReturnsTooMuch", "Reenters", "BurnsGas"] as const;
type Mood = (typeof MOODS)[number];
type Contract = Awaited<ReturnType<typeof ethers.getContractAt>>;

/** The token of test/contracts/support/HostileTokens.sol that treats each receiver as it is told to. */
export class MoodyToken {
  readonly contract: Contract;

  private constructor(contract: Contract) {
    this.contract = contract;
  }

  static async at(token: DemoUSD): Promise<MoodyToken> {
    return new MoodyToken(await ethers.getContractAt("MoodyToken", await addressOf(token)));
  }

  async setMood(account: string, mood: Mood): Promise<void> {
    await this.contract.getFunction("setMood")(account, MOODS.indexOf(mood));
  }
}
