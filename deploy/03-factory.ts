// SPDX-License-Identifier: GPL-3.0-or-later
/** The creators of rules, and the factory of pools. */
import { CreditPoolFactory__factory } from "../typechain-types/index.js";
import { VERIFIED_STATEMENTS, VERIFIERS } from "../src/chain/index.ts";
import type { DeployStep } from "./context.ts";
import { ensureContract } from "./create.ts";
import { requireWiring } from "./wiring.ts";

export const factory: DeployStep = {
  name: "03-factory",
  run: async (context) => {
    const settlement = await ensureContract(context, "CreditSettlementDeployer");
    const disputes = await ensureContract(context, "CreditDisputesDeployer");
    const verifiers = VERIFIED_STATEMENTS.map((statement) => context.contract(VERIFIERS[statement]).address);
    const address = await ensureContract(context, "CreditPoolFactory", {
      types: ["tuple(address,address)", "tuple(address,address,address,address,address)"],
      values: [[settlement, disputes], verifiers],
    });

    const contract = CreditPoolFactory__factory.connect(address, context.options.provider);
    const deployers = await contract.ruleDeployers();
    requireWiring("the factory's settlement deployer", deployers.settlement, settlement);
    requireWiring("the factory's disputes deployer", deployers.disputes, disputes);
    const used = await contract.verifiers();
    for (const statement of VERIFIED_STATEMENTS) {
      requireWiring(
        `the factory's ${statement} verifier`,
        used[statement],
        context.contract(VERIFIERS[statement]).address,
      );
    }
  },
};
