// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";

import { expect } from "chai";
import { HDNodeWallet, Mnemonic, Wallet } from "ethers";

import { WalletStore, createKeystore, importKeystore, openKeystore } from "../../src/wallet/index.ts";
import { codeOf, withFolder } from "./support/session-world.ts";

const FAST = { scryptN: 2 };
/** The first test vector of BIP-39's English list whose checksum is "about". */
const PHRASE = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

describe("the wallet's keystore", function () {
  this.timeout(30_000);

  it("makes a phrase, keeps it for its owner alone, and opens to the same seed and funding key", () =>
    withFolder(async (path) => {
      const made = await createKeystore(path("key.json"), "a password", FAST);
      expect(Mnemonic.isValidMnemonic(made.phrase)).to.equal(true);
      expect(made.phrase.split(" ")).to.have.length(12);
      expect(made.seed).to.have.length(64);
      expect(new Wallet(made.fundingKey).address).to.equal(made.fundingAddress);
      expect(statSync(path("key.json")).mode & 0o777).to.equal(0o600);
      expect(readdirSync(path("."))).to.deep.equal(["key.json"]);
      const text = readFileSync(path("key.json"), "utf8");
      const words = made.phrase.split(" ");
      const pairs = words.slice(1).map((word, position) => `${words[position]} ${word}`);
      for (const secret of [...pairs, made.fundingKey.slice(2)]) expect(text).not.to.include(secret);
      // A name of the file's own can be a word of the phrase; a value cannot.
      for (const word of words) expect(text).not.to.match(new RegExp(`: *"${word}"`));
      expect(await openKeystore(path("key.json"), "a password")).to.deep.equal(made);
      const longer = await createKeystore(path("long.json"), "a password", { ...FAST, words: 24 });
      expect(longer.phrase.split(" ")).to.have.length(24);
    }));

  it("takes a phrase from elsewhere, and follows the standards", () =>
    withFolder(async (path) => {
      const typed = `  ${PHRASE.toUpperCase().replaceAll(" ", "\n ")} `;
      const { seed, fundingAddress, phrase } = await importKeystore(path("key.json"), typed, "x", FAST);
      expect(phrase).to.equal(PHRASE);
      expect(Buffer.from(seed).toString("hex")).to.equal(
        "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc19a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4",
      );
      expect(fundingAddress).to.equal("0x9858EfFD232B4033E47d90003D41EC34EcaEda94");
      const opened = await Wallet.fromEncryptedJson(readFileSync(path("key.json"), "utf8"), "x");
      expect(opened).to.be.instanceOf(HDNodeWallet).with.property("address", fundingAddress);
      for (const wrong of [PHRASE.replace("about", "abandon"), "abandon", "", `${PHRASE} extra`]) {
        expect(await codeOf(importKeystore(path("other.json"), wrong, "x", FAST))).to.equal("PHRASE_INVALID");
      }
    }));

  it("never overwrites a file, and leaves no draft behind", () =>
    withFolder(async (path) => {
      await createKeystore(path("key.json"), "x", FAST);
      const before = readFileSync(path("key.json"), "utf8");
      expect(await codeOf(createKeystore(path("key.json"), "x", FAST))).to.equal("KEYSTORE_EXISTS");
      expect(await codeOf(importKeystore(path("key.json"), PHRASE, "x", FAST))).to.equal("KEYSTORE_EXISTS");
      const two = await Promise.allSettled([1, 2].map(() => createKeystore(path("two.json"), "x", FAST)));
      expect(two.filter(({ status }) => status === "fulfilled")).to.have.length(1);
      expect(readFileSync(path("key.json"), "utf8")).to.equal(before);
      expect(readdirSync(path(".")).sort()).to.deep.equal(["key.json", "two.json"]);
      expect(await codeOf(createKeystore(path("no/such/key.json"), "x", FAST))).to.equal("KEYSTORE_UNREADABLE");
    }));

  it("says whether the password or the file is wrong", () =>
    withFolder(async (path) => {
      await createKeystore(path("key.json"), "right", FAST);
      expect(await codeOf(openKeystore(path("key.json"), "wrong"))).to.equal("PASSWORD_WRONG");
      expect(await codeOf(openKeystore(path("none.json"), "right"))).to.equal("KEYSTORE_UNREADABLE");
      for (const text of ["", "{}", readFileSync(path("key.json"), "utf8").slice(0, 200)]) {
        writeFileSync(path("bad.json"), text);
        expect(await codeOf(openKeystore(path("bad.json"), "right"))).to.equal("KEYSTORE_UNREADABLE");
      }
      // A keystore without a phrase is none of a wallet's.
      writeFileSync(path("plain.json"), new Wallet(`0x${"11".repeat(32)}`).encryptSync("right"));
      expect(await codeOf(openKeystore(path("plain.json"), "right"))).to.equal("KEYSTORE_UNREADABLE");
    }));

  it("opens a wallet's file once at a time, and says what to do about it", () =>
    withFolder(async (path) => {
      const { seed } = await createKeystore(path("key.json"), "x", FAST);
      const store = WalletStore.open(path("wallet"), seed);
      const again = await openKeystore(path("key.json"), "x");
      expect(() => WalletStore.open(path("wallet"), again.seed))
        .to.throw(/end it, or use what it offers/)
        .with.property("code", "WALLET_LOCKED");
      store.close();
      WalletStore.open(path("wallet"), again.seed).close();
      const other = await createKeystore(path("other.json"), "x", FAST);
      expect(() => WalletStore.open(path("wallet"), other.seed))
        .to.throw()
        .with.property("code", "SEED_MISMATCH");
    }));
});
