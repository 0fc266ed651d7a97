// SPDX-License-Identifier: GPL-3.0-or-later
/** `jeton terms`, as a provider types it. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import type { Signer } from "ethers";
import { artifacts, network } from "hardhat";

import { deploy, developmentPool, local, memoryRecord } from "../../deploy/index.ts";
import { checkTerms, hashTerms, writeTermsFile } from "../../src/cli/jeton/terms.ts";
import { readManifest } from "../../src/prover/index.ts";
import { termsHashOf } from "../../src/wire/index.ts";
import type { TermsJson } from "../../src/wire/index.ts";
import { TOKEN_TERMS, sendJson, withService } from "./support/services.ts";
import { withFolder } from "./support/session-world.ts";

const program = fileURLToPath(new URL("../../bin/jeton.mjs", import.meta.url));

interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

/** In units of the local network's token. */
const DEAR_TERMS: TermsJson = { ...TOKEN_TERMS, pricing: { kind: "fixed", price: "1000" } };

interface Said {
  readonly code: number;
  readonly out: string;
}

const jeton = (...words: string[]): Promise<Said> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], (error, out) =>
      resolve({ code: error === null ? 0 : Number(error.code), out }),
    );
  });

/** "CODE: message" of what a command will not do. */
const refusal = (command: Promise<unknown>): Promise<string> =>
  command.then(
    () => "nothing was refused",
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );

describe("jeton terms", function () {
  this.timeout(120_000);

  it("writes terms from options, and tells their hash", async () => {
    await withFolder(async (path) => {
      const file = path("terms.json");
      const options = ["--service", "a model", "--session-seconds", "60", "--endpoint", "https://a.example"];
      const models = ["--model", "small=1000:10,8000:40/500:30", "--model", "lab/embed=v2=4000:10", "--json"];
      const { code, out } = await jeton("terms", "write", file, ...options, ...models);
      expect(code).to.equal(0);
      const terms = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
      expect(terms).to.deep.include({ format: "jeton.terms.v1", service: "a model", endpoints: ["https://a.example"] });
      expect(terms["retention"]).to.include({ sessionSeconds: 60, answersSeconds: 3_600 });
      expect(terms["pricing"]).to.deep.equal({
        kind: "tokens",
        models: {
          small: {
            input: [
              { upTo: 1_000, price: "10" },
              { upTo: 8_000, price: "40" },
            ],
            output: [{ upTo: 500, price: "30" }],
          },
          "lab/embed=v2": { input: [{ upTo: 4_000, price: "10" }] },
        },
      });
      const termsHash = termsHashOf(terms);
      expect(JSON.parse(out)).to.deep.equal({ file, termsHash, pricing: "tokens", prices: 4 });
      expect(await hashTerms(file)).to.deep.equal({ termsHash });
      expect(await jeton("terms", "write", file, "--service", "x", "--fixed", "10")).to.deep.include({
        code: 1,
        out: "",
      });
      expect(await refusal(writeTermsFile(file, { service: "x", fixed: "10" }))).to.contain("--force");
      await writeTermsFile(file, { service: "x", fixed: "10", force: true });
      expect(await checkTerms(file, {})).to.include({ pricing: "fixed", prices: 1 });
    });
  });

  it("writes terms from a description, which options go before", async () => {
    await withFolder(async (path) => {
      const [from, file] = [path("description.json"), path("terms.json")];
      const pricing = { kind: "methods", prices: { a: "10" } };
      await writeFile(from, JSON.stringify({ service: "one", pricing, retention: { answersSeconds: 5 } }));
      await writeTermsFile(file, { from, service: "two", method: ["b=20"] });
      const terms = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
      expect(terms).to.deep.include({ service: "two", pricing: { kind: "methods", prices: { b: "20" } } });
      expect(terms["retention"]).to.include({ answersSeconds: 5, sessionSeconds: 86_400 });
    });
  });

  it("says what is wrong with options and files", async () => {
    await withFolder(async (path) => {
      const file = path("terms.json");
      const write = (flags: Parameters<typeof writeTermsFile>[1]): Promise<string> =>
        refusal(writeTermsFile(file, flags));
      expect(await write({ fixed: "10" })).to.contain("--service is missing");
      expect(await write({ service: "x" })).to.contain("prices are missing");
      expect(await write({ service: "x", fixed: "1", method: ["a=1"] })).to.contain("choose one");
      expect(await write({ service: "x", fixed: "-1" })).to.contain("TERMS_INVALID");
      for (const model of ["small", "=9:1", "small=", "small=9", "small=9:1/9:1/9:1", "small=9:x", "small=1e3:1"]) {
        expect(await write({ service: "x", model: [model] }), model).to.contain("--model takes");
      }
      expect(await write({ service: "x", model: ["small=9:1,8:1"] })).to.contain("expected classes that grow");
      expect(await write({ service: "x", fixed: "1", answersSeconds: "soon" })).to.contain("--answers-seconds takes");
      await writeFile(file, "{}");
      expect(await refusal(checkTerms(file, {}))).to.contain("TERMS_INVALID");
      await writeFile(file, "no JSON");
      expect(await refusal(hashTerms(file))).to.contain("no JSON object");
      expect(await refusal(hashTerms(path("none")))).to.contain("FILE_UNREADABLE");
    });
  });

  it("checks terms against a price and a unit", async () => {
    await withFolder(async (path) => {
      const file = path("terms.json");
      await writeFile(file, JSON.stringify(TOKEN_TERMS));
      const check = (ticketPrice: string, unit: string): Promise<string> =>
        refusal(checkTerms(file, { ticketPrice, unit }));
      expect(await checkTerms(file, { ticketPrice: "100", unit: "10" })).to.include({ pricing: "tokens" });
      expect(await check("40", "10")).to.contain("above the ticket price");
      expect(await check("100", "7")).to.contain("no multiple of the unit");
      expect(await check("0", "10")).to.contain("OPTION_INVALID");
      expect(await refusal(checkTerms(file, { unit: "1" }))).to.contain("given together");
      const dear = {
        kind: "tokens",
        models: { dear: { input: [{ upTo: 9, price: "60" }], output: [{ upTo: 9, price: "50" }] } },
      };
      await writeFile(file, JSON.stringify({ ...TOKEN_TERMS, pricing: dear }));
      expect(await check("100", "10")).to.contain('the cheapest call of "dear"');
    });
  });

  it("checks terms against a pool on its chain", async () => {
    const connection = await network.create();
    const { ethers, provider } = connection;
    const [deployer] = (await ethers.getSigners()) as unknown as [Signer];
    const pool = developmentPool(local);
    const record = await deploy({
      provider: ethers.provider,
      deployer,
      artifacts,
      network: local,
      isSimulated: true,
      manifest: await readManifest(),
      store: memoryRecord(),
      pool: { ...pool, parameters: { ...pool.parameters, termsHash: termsHashOf(DEAR_TERMS) } },
    });
    const address = record.pools[pool.name]?.address ?? "";
    const answer = async ({ id, method, params }: RpcCall): Promise<object> =>
      provider.request({ method, params }).then(
        (given: unknown) => ({ jsonrpc: "2.0", id, result: given }),
        (error: Error) => ({ jsonrpc: "2.0", id, error: { code: -32_000, message: error.message } }),
      );
    const relay: Parameters<typeof withService>[0] = (response, body) => {
      const calls = JSON.parse(body) as RpcCall | RpcCall[];
      void (Array.isArray(calls) ? Promise.all(calls.map(answer)) : answer(calls)).then((all) =>
        sendJson(response, 200, all),
      );
    };
    await withService(relay, ({ url }) =>
      withFolder(async (path) => {
        const file = path("terms.json");
        await writeFile(file, JSON.stringify(DEAR_TERMS));
        const check = (at: string, rpcUrl = url): ReturnType<typeof checkTerms> =>
          checkTerms(file, { rpcUrl, pool: at });
        expect(await check(address)).to.include({ pool: address, termsHash: termsHashOf(DEAR_TERMS) });
        expect(await refusal(check(`0x${"11".repeat(20)}`))).to.contain("NO_CODE");
        expect(await refusal(check(address, "http://127.0.0.1:9"))).to.contain("does not answer");
        expect(await refusal(checkTerms(file, { pool: address }))).to.contain("given together");
        await writeFile(file, JSON.stringify({ ...DEAR_TERMS, service: "another" }));
        expect(await refusal(check(address))).to.contain("its termsHash is");
        await writeFile(
          file,
          JSON.stringify({ ...DEAR_TERMS, pricing: { kind: "fixed", price: `1${"0".repeat(20)}` } }),
        );
        expect(await refusal(check(address))).to.contain("does not fit the pool");
      }),
    );
    await connection.close();
  });
});
