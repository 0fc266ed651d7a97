// SPDX-License-Identifier: GPL-3.0-or-later
/** The creator of rules, and the factory of pools. */
import { CreditPoolFactory__factory } from "../typechain-types/index.js";
import type { DeployStep } from "./context.ts";
import { ensureContract } from "./create.ts";
import { requireWiring } from "./wiring.ts";

export const factory: DeployStep = {
  name: "03-factory",
  run: async (context) => {
    const deployer = await ensureContract(context, "CreditSettlementDeployer");
    const close = context.contract("CloseVerifier").address;
    const slash = context.contract("SlashVerifier").address;
    const address = await ensureContract(context, "CreditPoolFactory", {
      types: ["address", "tuple(address,address)"],
      values: [deployer, [close, slash]],
    });

    const contract = CreditPoolFactory__factory.connect(address, context.options.provider);
    const used = await contract.verifiers();
    requireWiring("the factory's settlement deployer", await contract.settlementDeployer(), deployer);
    requireWiring("the factory's close verifier", used.close, close);
    requireWiring("the factory's slash verifier", used.slash, slash);
  },
};
