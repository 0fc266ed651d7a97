// SPDX-License-Identifier: GPL-3.0-or-later
/** Planted bugs of accounts: closes, slashes, expiries and the escrow. */
import type { Mutation } from "./mutation.ts";

export const ACCOUNTS: readonly Mutation[] = [
  {
    id: "close-with-any-state",
    file: "CreditSettlement.sol",
    original: "if (request.certified != 0) _requireFinal(request.certified);",
    replacement: "",
    breaks: "an account closes with a state that is not certified, or not final",
    caughtBy: ["solidity", "typescript"],
  },
  {
    id: "close-final-too-early",
    file: "CreditSettlement.sol",
    original: "if (block.timestamp < finalizableAt) revert",
    replacement: "if (block.timestamp + 1 < finalizableAt) revert",
    breaks: "a close is final a second before its window ends",
    caughtBy: ["solidity"],
  },
  {
    id: "close-outlives-slash",
    file: "CreditSettlement.sol",
    original: "if (_isClosing(identityCommitment)) _discardClose(_pendingCloses[identityCommitment]);",
    replacement: "",
    breaks: "the close of a slashed account stays pending",
    caughtBy: ["solidity", "typescript"],
  },
  {
    id: "closing-account-expires",
    file: "CreditSettlement.sol",
    original: "if (_isClosing(identityCommitment)) revert CloseIsPending(identityCommitment);",
    replacement: "",
    breaks: "an account that is closing expires",
    caughtBy: ["solidity"],
  },
  {
    id: "consent-replaces-close",
    file: "CreditSettlement.sol",
    original: "if (!isSame) revert CloseIsPending(request.identityCommitment);",
    replacement: "",
    breaks: "a consent to one close makes another final",
    caughtBy: ["solidity"],
  },
  {
    id: "escrow-paid-and-kept",
    file: "CreditPool.sol",
    original: "_ledger.escrowed -= uint128(held);",
    replacement: "",
    breaks: "what an account held still counts after it ended",
    caughtBy: ["solidity", "typescript"],
  },
  {
    id: "account-pays-twice",
    file: "CreditPool.sol",
    original: "stored.status = status;",
    replacement: "",
    breaks: "an account that ended is still open, and pays again",
    caughtBy: ["solidity", "typescript"],
  },
  {
    id: "expires-twice",
    file: "CreditPool.sol",
    original:
      "if (account.status != AccountStatus.Active) revert AccountNotActive(identityCommitment, account.status);",
    replacement: "",
    breaks: "a deposit that expired becomes revenue again, and so does one that was paid out",
    caughtBy: ["solidity"],
  },
];
