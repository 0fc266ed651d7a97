// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {LedgerModel} from "./LedgerModel.sol";

/// @title How a campaign calls: every call is expected to be accepted or refused by a model, and counted.
abstract contract Handler is LedgerModel {
    enum Kind {
        Deposit,
        DepositBatch,
        StartClose,
        CloseWithConsent,
        FinalizeClose,
        Slash,
        Expire,
        Claim,
        Burn,
        PostBond,
        AnnounceBondWithdrawal,
        WithdrawBond,
        WithdrawRevenue,
        OpenDispute,
        AnswerDispute,
        ResolveDispute,
        PayAward,
        CollectPenalties,
        ReportViolation,
        CertifyFold,
        ChallengeFold,
        FinalizeFold,
        Forge
    }

    mapping(Kind kind => uint256) public accepted;
    mapping(Kind kind => uint256) public refused;

    error WronglyAccepted(string call);
    error WronglyRefused(string call, bytes answer);

    /// @dev Returns whether the call was accepted, so that the model follows.
    function _attempt(
        Kind kind,
        address caller,
        address target,
        bytes memory call,
        bool isExpected
    ) internal returns (bool) {
        vm.prank(caller);
        (bool success, bytes memory answer) = target.call(call);
        if (success && !isExpected) revert WronglyAccepted(_names()[uint256(kind)]);
        if (!success && isExpected) revert WronglyRefused(_names()[uint256(kind)], answer);
        if (success) accepted[kind] += 1;
        else refused[kind] += 1;
        return success;
    }

    // ----------------------------------------------------------------- CHOICES

    /// @dev The last number allowed, the first one refused, the one before, or any below.
    function _near(uint256 seed, uint256 limit) internal pure returns (uint256) {
        if (seed % 4 == 0) return limit;
        if (seed % 4 == 1) return limit + 1;
        if (seed % 4 == 2) return limit == 0 ? 0 : limit - 1;
        return bound(seed, 0, limit);
    }

    /// @dev True once in so many times; different salts decide apart from each other.
    function _oneIn(uint256 chance, uint256 seed, string memory salt) internal pure returns (bool) {
        return uint256(keccak256(abi.encode(seed, salt))) % chance == 0;
    }

    // ----------------------------------------------------------------- FIGURES

    /// @dev `name accepted refused` for every kind of call, with commas between and a semicolon at the end.
    function figures() external view returns (string memory line) {
        string[23] memory names = _names();
        for (uint256 i = 0; i < names.length; i++) {
            string memory separator = i + 1 < names.length ? "," : ";";
            string memory counts = string.concat(vm.toString(accepted[Kind(i)]), " ", vm.toString(refused[Kind(i)]));
            line = string.concat(line, names[i], " ", counts, separator);
        }
    }

    function _names() private pure returns (string[23] memory) {
        return
            [
                "deposit",
                "depositBatch",
                "startClose",
                "closeWithConsent",
                "finalizeClose",
                "slash",
                "expire",
                "claim",
                "burn",
                "postBond",
                "announceBondWithdrawal",
                "withdrawBond",
                "withdrawRevenue",
                "openDispute",
                "answerDispute",
                "resolveDispute",
                "payAward",
                "collectPenalties",
                "reportViolation",
                "certifyFold",
                "challengeFold",
                "finalizeFold",
                "forge"
            ];
    }
}
