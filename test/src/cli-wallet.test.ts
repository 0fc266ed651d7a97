// SPDX-License-Identifier: GPL-3.0-or-later
/** What the wallet's commands ask of pools, providers and terminals, without processes. */
import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { Agent } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";

import { expect } from "chai";
import { Interface, Wallet, getAddress, id } from "ethers";

import { DEVELOPMENT_PROVIDER_KEY, developmentProvider } from "../../deploy/index.ts";
import type { PoolClient } from "../../src/chain/index.ts";
import { replaceFile, writeWhole } from "../../src/cli/files.ts";
import { printable, textOf } from "../../src/cli/outcome.ts";
import { resolveDue } from "../../src/cli/jeton/wallet/dispute.ts";
import { certify, restoreAll } from "../../src/cli/jeton/wallet/tickets.ts";
import {
  providerSignatures,
  refuseDevelopmentProvider,
  requireCeremonyKeys,
} from "../../src/cli/jeton/wallet/trust.ts";
import type { WalletSession } from "../../src/cli/jeton/wallet/session.ts";
import {
  deriveIdentitySecret,
  identityCommitmentOf,
  nullifierOf,
  providerKey,
  ticketKeyOf,
  ticketRootOf,
} from "../../src/protocol/index.ts";
import { WalletError, httpProvider } from "../../src/wallet/index.ts";
import type { Account } from "../../src/wallet/index.ts";
import { targetOf } from "../../src/wallet/http-exchange.ts";
import { CERTIFICATE, KEY } from "./support/localhost-certificate.ts";
import { POOL, SEED, codeOf, secretOf, startProvider, withFolder } from "./support/session-world.ts";

const LIVE = { title: "a live chain", isLocal: false };
const LOCAL = { title: "a local chain", isLocal: true };

describe("connections to a gateway", () => {
  it("have no TLS session in common where they are not kept", async () => {
    const { gateway } = startProvider();
    const reused: boolean[] = [];
    const server = createServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
      reused.push((request.socket as TLSSocket).isSessionReused());
      void gateway.terms().then((terms) => {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(terms));
      });
    });
    let connections = 0;
    server.on("secureConnection", () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const agent = targetOf(url, { keepAlive: false }).agent as Agent;
    agent.options.ca = CERTIFICATE;
    const api = httpProvider(url, { agent });
    for (let count = 0; count < 3; count++) await api.terms();
    api.close();
    server.close();
    expect([connections, reused]).to.deep.equal([3, [false, false, false]]);
  });
});

describe("what a wallet asks of a pool on a live chain", () => {
  const own = providerKey(Buffer.alloc(32, 7)).publicKey;
  const development = providerKey(DEVELOPMENT_PROVIDER_KEY).publicKey;
  const address = getAddress(`0x${"12".repeat(20)}`);

  it("refuses keys of the provider that everybody has", () => {
    const refuse =
      (provider: string, key: typeof own, place = LIVE) =>
      () =>
        refuseDevelopmentProvider({ provider, providerKey: key }, place);
    expect(refuse(address, development)).to.throw(/the key that signs its states is a development key/);
    expect(refuse(developmentProvider(), own)).to.throw(/account 0x\w+ is a development key/);
    expect(refuse(address, own)).not.to.throw();
    expect(refuse(developmentProvider(), development, LOCAL)).not.to.throw();
  });

  it("deposits nothing under development proving keys, unless it is told to", () => {
    const said: string[] = [];
    const ask =
      (purpose: "development" | "ceremony", isWanted: boolean, place = LIVE) =>
      () =>
        requireCeremonyKeys({ manifest: { purpose } } as never, place, isWanted, (line) => said.push(line));
    expect(ask("development", false)).to.throw(/can forge every proof.*--accept-development-keys/);
    expect(ask("ceremony", false)).not.to.throw();
    expect(ask("development", false, LOCAL)).not.to.throw();
    expect(said).to.deep.equal([]);
    expect(ask("development", true)).not.to.throw();
    expect(said.join()).to.match(/^warning: the proving keys are made for development/);
  });
});

describe("whether a provider signed", () => {
  const DIGEST = id("a digest");
  const signer = new Wallet(id("a key"));
  const other = new Wallet(id("another key"));
  const erc1271 = new Interface(["function isValidSignature(bytes32,bytes) view returns (bytes4)"]);
  const IS_VALID = `0x1626ba7e${"00".repeat(28)}`;

  function chainOf(provider: string, code: string, answer: () => Promise<string>) {
    const asked = { code: 0, calls: [] as string[] };
    const chain = {
      getCode: async () => {
        asked.code += 1;
        return code;
      },
      call: async ({ data }: { data: string }) => {
        asked.calls.push(data);
        return answer();
      },
    };
    const client = { provider: chain, parameters: { provider } } as unknown as PoolClient;
    return { asked, isSigned: providerSignatures(client) };
  }

  it("is said by its key, without a question to the chain", async () => {
    const { asked, isSigned } = chainOf(signer.address, "0x", async () => IS_VALID);
    expect(await isSigned(DIGEST, signer.signingKey.sign(DIGEST).serialized)).to.equal(true);
    expect(asked).to.deep.equal({ code: 0, calls: [] });
    expect(await isSigned(DIGEST, other.signingKey.sign(DIGEST).serialized)).to.equal(false);
    expect(asked.calls).to.deep.equal([]);
  });

  it("is said by its contract, which is looked for once", async () => {
    const signature = other.signingKey.sign(DIGEST).serialized;
    const { asked, isSigned } = chainOf(signer.address, "0x60", async () => IS_VALID);
    expect(await isSigned(DIGEST, signature)).to.equal(true);
    expect(await isSigned(DIGEST, "0x1234")).to.equal(true);
    expect(asked.code).to.equal(1);
    expect(asked.calls[0]).to.equal(erc1271.encodeFunctionData("isValidSignature", [DIGEST, signature]));
  });

  it("is denied by a contract that says anything else, or reverts; a chain that does not answer says nothing", async () => {
    const signature = other.signingKey.sign(DIGEST).serialized;
    for (const answer of ["0x", "0x1626ba7e", `0xffffffff${"00".repeat(28)}`, `${IS_VALID}00`]) {
      expect(await chainOf(signer.address, "0x60", async () => answer).isSigned(DIGEST, signature), answer).to.equal(
        false,
      );
    }
    const failing = (code: string) =>
      chainOf(signer.address, "0x60", () => Promise.reject(Object.assign(new Error("failed"), { code })));
    expect(await failing("CALL_EXCEPTION").isSigned(DIGEST, signature)).to.equal(false);
    expect(await codeOf(failing("NETWORK_ERROR").isSigned(DIGEST, signature))).to.equal("NETWORK_ERROR");
  });
});

describe("the search for the accounts of a phrase", () => {
  it("goes past accounts that the file knows and over gaps, and adds nothing that is not on chain", async () => {
    const numberOf = new Map(
      Array.from({ length: 60 }, (_, number) => [
        identityCommitmentOf(deriveIdentitySecret(SEED, POOL.chainId, POOL.address, number)),
        number,
      ]),
    );
    const added: number[] = [];
    const session = {
      client: { pool: POOL, token: { symbol: "USD", decimals: 6 } },
      keys: { seed: SEED },
      view: {
        account: async (commitment: bigint) =>
          [0, 2, 22, 43].includes(numberOf.get(commitment) ?? -1)
            ? { status: "active", deposit: 1_000_000n }
            : undefined,
      },
      purse: {
        add: (number: number) => {
          added.push(number);
          return {
            restore: async () => {
              if (number === 0) throw new WalletError("ACCOUNT_NOT_EMPTY", "known");
              return { isEnrolled: true, nextIndex: 1, refunds: 1, folds: 0 };
            },
          };
        },
      },
    } as unknown as WalletSession;
    const found = await restoreAll(session, 0);
    expect(Object.keys(found)).to.deep.equal(["account0", "account2", "account22"]);
    expect(found["account0"]).to.have.property("notice");
    expect(added).to.deep.equal([0, 2, 22]);
  });
});

describe("what a wallet brings to its end on chain", () => {
  const options = { yes: false, dryRun: false, json: true };
  const sent: string[] = [];
  const send =
    (verb: string) =>
    async (what: bigint | { readonly newState: bigint }): Promise<{ hash: string; gasUsed: bigint }> => {
      sent.push(`${verb} ${typeof what === "bigint" ? what : what.newState}`);
      return { hash: `0x${sent.length}`, gasUsed: 5n };
    };
  const session = {
    client: {
      chainId: POOL.chainId,
      pool: POOL,
      provider: { getBlock: async () => ({ timestamp: 1_000 }) },
      parameters: POOL.parameters,
      token: { symbol: "dUSD", decimals: 6 },
      disputesOf: async (nullifiers: readonly bigint[]) => nullifiers.map(() => ({ recipient: "0x01" })),
    },
    network: LOCAL,
    signer: { address: "0x02" },
    keys: { seed: SEED },
    view: { fold: async (newState: bigint) => ({ newState }) },
    sender: {
      finalizeFold: send("finalize"),
      certifyFold: send("certify"),
      resolveDispute: send("resolve"),
    },
    say: () => undefined,
  } as unknown as WalletSession;

  beforeEach(() => sent.splice(0));

  it("is each fold that has passed its window, and the next one, which the wallet stored first", async () => {
    const far = BigInt(Math.floor(Date.now() / 1_000)) + 1_000n;
    const folds = [
      { newState: 1n, status: "pending", finalizableAt: 5n },
      { newState: 2n, status: "final", finalizableAt: 5n },
      { newState: 3n, status: "pending", finalizableAt: 6n },
      { newState: 4n, status: "pending", finalizableAt: far },
      { newState: 5n, status: "absent", finalizableAt: undefined },
    ];
    const account = {
      settleFolds: async () => folds,
      summary: () => ({ unfolded: 0n, certified: 7n }),
      prepareCertifiedFold: async () => {
        sent.push("stored");
        return { newState: 5n };
      },
    } as unknown as Account;
    const done = await certify(session, account, options);
    expect(sent).to.deep.equal(["finalize 1", "finalize 3", "stored", "certify 5"]);
    expect(done["finalize"]).to.deep.equal({ transactions: ["0x1", "0x2"], gasUsed: 10n });
    expect(done["certify"]).to.deep.equal({ transactionHash: "0x4", gasUsed: 5n });
    expect(done).to.include({ pending: 3, final: 1 });
  });

  it("is each dispute that nobody answered in its window, and no other", async () => {
    const disputes = [
      { index: 0, status: "open", resolvableAt: 1_000n },
      { index: 1, status: "open", resolvableAt: 1_001n },
      { index: 2, status: "answered", resolvableAt: 10n },
      { index: 3, status: "lost", resolvableAt: 10n },
      { index: 4, status: "open", resolvableAt: 999n },
    ];
    const account = { settleDisputes: async () => disputes } as unknown as Account;
    const done = await resolveDue(session, account, 6, options);
    const root = ticketRootOf(secretOf(6), POOL.poolHash);
    const [first, last] = [0, 4].map((index) => nullifierOf(ticketKeyOf(root, index)));
    expect(sent).to.deep.equal([`resolve ${first}`, `resolve ${last}`]);
    expect(done["transactions"]).to.deep.equal(["0x1", "0x2"]);
    const none = { settleDisputes: async () => disputes.slice(1, 4) } as unknown as Account;
    expect((await resolveDue(session, none, 6, options))["transactions"]).to.deep.equal([]);
    expect(sent).to.have.length(2);
  });
});

describe("what a terminal is shown", () => {
  it("steers no terminal, and turns no text around", () => {
    const hostile = "a\u001b[2Jb\u0007c\u009bd\u202ee\u2066f\rg\u0000h\u200fi\u007fj";
    expect(printable(hostile)).to.equal("a[2Jbcdefghij");
    expect(printable("two\nlines\tand ünïcödé 🙂")).to.equal("two\nlines\tand ünïcödé 🙂");
  });

  it("says that there is none of what an outcome has none of, and says nothing of what is unknown", () => {
    const outcome = { tokensMoved: {}, transactions: [], at: undefined, poolFees: { toRecipient: 5n }, blocks: [1, 2] };
    expect(textOf(outcome)).to.equal(
      "tokens moved: none\ntransactions: none\npool fees:\n  to recipient: 5\nblocks: 1, 2",
    );
  });
});

describe("a file that a command writes", () => {
  it("goes through no link that lies in its way, and is open to nobody else for an older file's sake", () =>
    withFolder(async (path) => {
      const temporary = path(`note.json.${process.pid}.tmp`);
      writeFileSync(path("victim"), "kept");
      symlinkSync(path("victim"), temporary);
      await replaceFile(path("note.json"), "secret");
      expect(readFileSync(path("victim"), "utf8")).to.equal("kept");
      // What a process that died has left, for everybody to read.
      writeFileSync(temporary, "half", { mode: 0o644 });
      await replaceFile(path("note.json"), "another");
      expect(readFileSync(path("note.json"), "utf8")).to.equal("another");
      expect(statSync(path("note.json")).mode & 0o777).to.equal(0o600);
      expect(readdirSync(path("."))).to.have.members(["note.json", "victim"]);
    }));

  it("is left as it was where it cannot be replaced, and says so by its code", () =>
    withFolder(async (path) => {
      writeFileSync(path("report.html"), "old");
      mkdirSync(path(`report.html.${process.pid}.tmp`));
      expect(await codeOf(writeWhole(path("report.html"), "new"))).to.equal("FILE_UNREADABLE");
      expect(readFileSync(path("report.html"), "utf8")).to.equal("old");
      expect(await codeOf(writeWhole(path("nowhere/report.html"), "new"))).to.equal("FILE_UNREADABLE");
    }));
});
