// SPDX-License-Identifier: GPL-3.0-or-later
import { addressOf, ethers } from "./world.ts";
import type { World } from "./world.ts";

/**
 * In a pool of the callback token, hooks `holder`: from inside every transfer that touches it, `data` is sent to `target`.
 * @returns how that ended: the selector of the error, or words.
 */
export async function hook(w: World, holder: string, target: string, data: string): Promise<() => Promise<string>> {
  const reenterer = await ethers.deployContract("Reenterer");
  await reenterer.getFunction("prepare")(target, data);
  const token = await ethers.getContractAt("CallbackToken", await addressOf(w.token));
  await token.getFunction("setHook")(holder, await addressOf(reenterer));
  return async () => {
    if (!(await reenterer.getFunction("hasCalled")())) return "not called";
    if (await reenterer.getFunction("hasSucceeded")()) return "succeeded";
    return (await reenterer.getFunction("failure")()) as string;
  };
}
