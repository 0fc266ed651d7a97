import { createRequire } from "node:module";

import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

import { hardhatChains, hardhatNetworks } from "./deploy/hardhat-networks.ts";
import { tasks } from "./src/cli/tasks.ts";

const require = createRequire(import.meta.url);

/** solc comes from npm, so that nothing is downloaded at build time. */
const compiler = { version: "0.8.30", path: require.resolve("solc/soljson.js") };

/** PoseidonT3 costs 21k gas a hash at this setting, 32k at 200 runs and 61k with viaIR. */
const legacyFast = { evmVersion: "cancun", optimizer: { enabled: true, runs: 1_000_000 }, viaIR: false };

/** Long budgets for everything random, set by `npm run test:deep`. */
const isDeep = process.env["JETON_DEEP"] === "1";

/** Where test/contracts/Ledger.t.sol may write how often each of its sequences called what. */
const figures = process.env["JETON_FIGURES"];

export default defineConfig({
  plugins: [toolbox],
  solidity: {
    npmFilesToBuild: ["poseidon-solidity/PoseidonT3.sol", "@zk-kit/lean-imt.sol/LeanIMT.sol"],
    profiles: {
      default: {
        ...compiler,
        settings: legacyFast,
      },
    },
  },
  typechain: { outDir: "typechain-types" },
  paths: { tests: { mocha: "test", solidity: "test/contracts" } },
  test: {
    solidity: {
      fuzz: { runs: isDeep ? 5_000 : 256, seed: "0x6a65746f6e" },
      invariant: { runs: isDeep ? 500 : 64, depth: isDeep ? 250 : 150, failOnRevert: true },
      ...(figures === undefined ? {} : { fsPermissions: { writeFile: [figures] } }),
    },
  },
  networks: hardhatNetworks(),
  chainDescriptors: hardhatChains(),
  tasks,
});
