// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import type { Provider } from "ethers";
import { Interface, TypedDataEncoder } from "ethers";

import { ChainError, TRANSACTION_GAS_LIMIT, connectToken, explainRevert, gasLimitFor } from "../../src/chain/index.ts";
import {
  ICertifiedFolds__factory,
  ICreditDisputes__factory,
  ICreditPoolFactory__factory,
  ICreditPool__factory,
  ICreditSettlement__factory,
} from "../../typechain-types/index.js";

const SOMEBODY = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";

describe("chain: gas, refusals in words, tokens", () => {
  it("limits gas below what a transaction may use, with a margin", () => {
    expect(gasLimitFor(400_000n, "x")).to.equal(530_000n);
    expect(gasLimitFor(16_000_000n, "x")).to.equal(TRANSACTION_GAS_LIMIT);
    expect(() => gasLimitFor(TRANSACTION_GAS_LIMIT + 1n, "x"))
      .to.throw(ChainError)
      .with.property("code", "GAS_LIMIT");
  });

  it("has a sentence for every error of the pool, its rules and the factory that a user can meet", () => {
    const silent: string[] = [];
    for (const contract of [
      ICreditPool__factory,
      ICreditSettlement__factory,
      ICreditDisputes__factory,
      ICreditPoolFactory__factory,
    ]) {
      const { fragments } = contract.createInterface();
      for (const fragment of fragments) {
        if (fragment.type !== "error") continue;
        const { name, inputs } = fragment as typeof fragment & { name: string };
        const values = inputs.map(({ baseType }) =>
          baseType === "address" ? SOMEBODY : baseType === "array" ? [1n, 2n] : 3n,
        );
        const data = new Interface([fragment]).encodeErrorResult(name, values);
        const { message, name: decoded } = explainRevert(data);
        expect(decoded).to.equal(name);
        if (message.startsWith(`${name}(`)) silent.push(name);
      }
    }
    // Left by name: what a pool's creation can be refused for names its parameter, and two that only a broken settlement would meet.
    expect(silent).to.include("TicketPriceIsZero").and.not.include("ProofRefused");
    for (const contract of [ICreditDisputes__factory, ICertifiedFolds__factory]) {
      const names: string[] = [];
      contract.createInterface().forEachError(({ name }) => names.push(name));
      expect(names).to.have.length.greaterThan(8);
      expect(silent.filter((name) => names.includes(name))).to.deep.equal([]);
    }
    expect(
      silent.every(
        (name) => !/^(Account|Close|Consent|Deadline|Refunded|Nothing|ERC)/.test(name) || /OutOfRange$/.test(name),
      ),
    ).to.equal(true);
  });

  it("explains what is no error of ours without hiding it", () => {
    expect(explainRevert("0x").message).to.contain("no reason");
    expect(explainRevert("0x12345678").message).to.contain("0x12345678");
    const text = new Interface(["error Error(string)"]).encodeErrorResult("Error", ["paused"]);
    expect(explainRevert(text)).to.include({ name: "Error", message: "paused" });
    const panic = new Interface(["error Panic(uint256)"]).encodeErrorResult("Panic", [0x11]);
    expect(explainRevert(panic).message).to.contain("0x11");
  });

  it("reads a token's signing domain where there is no ERC-5267, and trusts the separator more than the name", async () => {
    const address = SOMEBODY;
    const abi = new Interface([
      "function name() view returns (string)",
      "function symbol() view returns (string)",
      "function decimals() view returns (uint8)",
      "function version() view returns (string)",
      "function DOMAIN_SEPARATOR() view returns (bytes32)",
    ]);
    /** Circle's tokens answer like this: no eip712Domain, version "2". */
    function tokenNamed(name: string, nameInDomain = name): Provider {
      const separator = TypedDataEncoder.hashDomain({
        ...{ name: nameInDomain, version: "2", chainId: 31337n, verifyingContract: address },
      });
      const answers: Record<string, unknown> = {
        name,
        symbol: "USDC",
        decimals: 6,
        version: "2",
        DOMAIN_SEPARATOR: separator,
      };
      const stub = {
        getNetwork: () => Promise.resolve({ chainId: 31337n }),
        getCode: () => Promise.resolve("0x01"),
        call: ({ data }: { data: string }) => {
          const method = abi.getFunction(data.slice(0, 10));
          if (method === null) return Promise.reject(new Error("execution reverted"));
          return Promise.resolve(abi.encodeFunctionResult(method, [answers[method.name]]));
        },
      };
      return stub as unknown as Provider;
    }
    const token = await connectToken(tokenNamed("USD Coin"), address);
    expect(await token.domain()).to.deep.equal({
      ...{ name: "USD Coin", version: "2", chainId: 31337n, verifyingContract: address },
    });
    const renamed = await connectToken(tokenNamed("USDC", "USD Coin"), address);
    const refused: unknown = await renamed.domain().catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ChainError).with.property("code", "TOKEN_UNSUPPORTED");
  });
});
