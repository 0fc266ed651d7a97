// SPDX-License-Identifier: GPL-3.0-or-later
/** The settings of `jeton serve`: what they may say, and where secrets stand. */
import { chmodSync, writeFileSync } from "node:fs";

import { expect } from "chai";

import { ServeConfig } from "../../src/cli/jeton/serve-config.ts";
import { codeOf, withFolder } from "./support/session-world.ts";

const SETTINGS = {
  rpcUrl: { env: "RPC_URL" },
  pool: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
  fromBlock: 7,
  store: "provider.sqlite",
  terms: "terms.json",
  stateKey: { file: "state.key" },
  signer: { keystoreFile: "signer.json", passwordEnv: "SIGNER_PASSWORD" },
  upstream: { kind: "openai", url: "http://127.0.0.1:8000", headers: { authorization: { env: "API_KEY" } } },
  listen: { port: 8402 },
};

describe("the settings of jeton serve", () => {
  const read = (settings: unknown, environment: NodeJS.ProcessEnv = {}): Promise<ServeConfig> =>
    withFolder(async (path) => {
      writeFileSync(path("gateway.json"), typeof settings === "string" ? settings : JSON.stringify(settings));
      return ServeConfig.read(path("gateway.json"), environment);
    });

  it("are read with their defaults, paths beside the file, and secrets from the environment", async () => {
    const config = await read(SETTINGS, { RPC_URL: "http://127.0.0.1:8545" });
    expect(config.settings.listen).to.deep.equal({ host: "127.0.0.1", port: 8_402 });
    expect(config.pathOf("terms.json")).to.match(/\/jeton-[^/]+\/terms\.json$/);
    expect(config.text(config.settings.rpcUrl, "a URL")).to.equal("http://127.0.0.1:8545");
    expect(await codeOf((async () => config.variable("API_KEY", "a key"))())).to.equal("CONFIGURATION_MISSING");
  });

  it("are refused when something is missing, unknown, or no setting", async () => {
    const { stateKey: _, ...incomplete } = SETTINGS;
    const bad: unknown[] = [
      "{",
      {},
      incomplete,
      { ...SETTINGS, more: 1 },
      { ...SETTINGS, pool: "0x12" },
      { ...SETTINGS, stateKey: "11".repeat(32) },
      { ...SETTINGS, signer: { privateKey: "11".repeat(32) } },
      { ...SETTINGS, listen: { port: 70_000 } },
      { ...SETTINGS, limits: { requests: 0 } },
      { ...SETTINGS, limits: { unknown: 1 } },
      { ...SETTINGS, policyUrl: "nowhere" },
    ];
    for (const settings of bad)
      expect(await codeOf(read(settings)), JSON.stringify(settings)).to.equal("OPTION_INVALID");
    expect(await codeOf(ServeConfig.read("/nowhere/gateway.json"))).to.equal("FILE_UNREADABLE");
  });

  it("warn of a secret that others can read", async () => {
    await withFolder(async (path) => {
      writeFileSync(path("gateway.json"), JSON.stringify(SETTINGS));
      writeFileSync(path("state.key"), "aa\n", { mode: 0o600 });
      const config = await ServeConfig.read(path("gateway.json"));
      const said: string[] = [];
      const say = (line: string): void => void said.push(line);
      expect(await config.secretFile("state.key", say)).to.equal("aa");
      expect(said).to.deep.equal([]);
      chmodSync(path("state.key"), 0o644);
      await config.secretFile("state.key", say);
      expect(said).to.have.length(1);
      expect(await codeOf(config.secretFile("none.key", say))).to.equal("FILE_UNREADABLE");
    });
  });
});
