// SPDX-License-Identifier: GPL-3.0-or-later
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import { FetchRequest, JsonRpcProvider, Network } from "ethers";

import { ChainError, requireCode } from "../../src/chain/index.ts";
import { faultEntry } from "../../src/gateway/log.ts";

describe("an endpoint with a key in its URL", () => {
  it("is not quoted when it fails, neither in the error nor in the log", async () => {
    const server = createServer((_, response) => response.writeHead(401).end("no"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const request = new FetchRequest(`http://127.0.0.1:${port}/v2/AbCdEfGh-KeyOfTheProvider_xyz`);
    const provider = new JsonRpcProvider(request, Network.from(1), { staticNetwork: true });
    try {
      const error: unknown = await requireCode(provider, `0x${"11".repeat(20)}`, "the pool").catch((e: unknown) => e);
      expect(error).to.be.instanceOf(ChainError).with.property("code", "RPC_FAILED");
      expect((error as Error).message).not.to.match(/KeyOfTheProvider|127\.0\.0\.1/);
      expect(JSON.stringify(faultEntry("chain", error))).not.to.contain("KeyOfTheProvider");
      const raw = new Error('could not reach requestUrl="https://rpc.example/v2/AbCdEfGh-KeyOfTheProvider_xyz"');
      expect(faultEntry("chain", raw)["reason"]).to.equal('could not reach requestUrl="…"');
    } finally {
      provider.destroy();
      server.close();
    }
  });
});
