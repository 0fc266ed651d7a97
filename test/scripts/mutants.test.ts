// SPDX-License-Identifier: GPL-3.0-or-later
/** The kept list of planted bugs fits the contracts as they are. `npm run mutants` plants them. */
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { MUTATIONS } from "../../scripts/mutants/index.ts";
import { mutate, occurrences } from "../../scripts/mutants/mutation.ts";

const textOf = (file: string): string => readFileSync(new URL(`../../contracts/${file}`, import.meta.url), "utf8");

describe("The list of planted bugs", () => {
  for (const mutation of MUTATIONS) {
    it(`changes one place, and something: ${mutation.id}`, () => {
      const text = textOf(mutation.file);
      expect(occurrences(text, mutation.original), "occurrences").to.equal(1);
      expect(mutate(text, mutation)).to.not.equal(text);
    });
  }

  it("names every bug once", () => {
    const ids = MUTATIONS.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("has at least twelve bugs for the Solidity campaign and eight for the one in TypeScript", () => {
    expect(MUTATIONS.filter(({ caughtBy }) => caughtBy.includes("solidity")).length).to.be.at.least(12);
    expect(MUTATIONS.filter(({ caughtBy }) => caughtBy.includes("typescript")).length).to.be.at.least(8);
  });

  it("refuses to plant a bug where its original is missing or stands twice", () => {
    const mutation = { ...MUTATIONS[0]!, id: "example", original: "a = 1;", replacement: "a = 2;" };
    expect(() => mutate("b = 1;", mutation)).to.throw("example: its original occurs 0 times");
    expect(() => mutate("a = 1; a = 1;", mutation)).to.throw("example: its original occurs 2 times");
    expect(mutate("a = 1;", mutation)).to.equal("a = 2;");
  });
});
