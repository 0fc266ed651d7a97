// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";

import { RECEIPT_TYPES, domainOf, nullifierOf, ticketKeyOf, ticketRootOf } from "../../src/protocol/index.ts";
import { httpProvider } from "../../src/wallet/index.ts";
import { CALL_MEDIA_TYPE, GatewayError, PATHS, disputeProblem, encodeAnswer, toJson } from "../../src/wire/index.ts";
import type { CallAnswerJson, SignedRefundJson } from "../../src/wire/index.ts";
import { RECIPIENT, openOnChain } from "./support/court.ts";
import { refuse, servePlain } from "./support/plain-http.ts";
import type { TakeOver } from "./support/plain-http.ts";
import { C, P, POOL, SIGNER, codeOf, openUser, secretOf, startProvider, verify } from "./support/session-world.ts";
import type { Provider, User } from "./support/session-world.ts";
import { refundOf } from "./support/tickets.ts";

const nullifierAt = (index: number): bigint =>
  nullifierOf(ticketKeyOf(ticketRootOf(secretOf(0), POOL.poolHash), index));
const signedRefund = (index: number, refundedCharge: bigint): SignedRefundJson => {
  const { index: _, ...refund } = refundOf(nullifierAt(index), index, refundedCharge);
  return toJson({ nullifier: nullifierAt(index), ...refund });
};

/** What a hostile gateway makes of an honest one's answers. */
interface Lie {
  readonly call?: (answer: CallAnswerJson) => Promise<CallAnswerJson> | CallAnswerJson;
  /** Undefined: it never heard of the ticket. */
  readonly refund?: (refund: SignedRefundJson) => SignedRefundJson | undefined;
  /** Instead of any answer. */
  readonly silence?: TakeOver;
  /** What the call ends with. Default: the response, without a refund. */
  readonly code?: string;
  /** Whether what it sent proves that it lied. */
  readonly hasEvidence: boolean;
}

/** Between the wallet and an honest gateway; it lies until it is told to stop. */
async function withLiar(
  lie: Lie,
  body: (liar: { user: User; provider: Provider; repent: () => void }) => Promise<void>,
) {
  const provider = startProvider();
  let isLying = true;
  const takeOver: TakeOver = async (path, text, response) => {
    if (!isLying) return false;
    if (lie.silence !== undefined && (path === PATHS.call || path === PATHS.endSession)) {
      return lie.silence(path, text, response);
    }
    if (path === PATHS.call) {
      const answer = await provider.gateway.call(JSON.parse(text));
      const changed = lie.call === undefined ? { ...answer, refund: null } : await lie.call(answer);
      response.writeHead(200, { "content-type": CALL_MEDIA_TYPE }).end(encodeAnswer(changed, 0));
      return true;
    }
    if (path !== PATHS.endSession) return false;
    const refund = lie.refund?.(await provider.gateway.endSession(JSON.parse(text)));
    if (refund === undefined) refuse(response, new GatewayError("TICKET_UNKNOWN", "never heard of it"));
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(refund));
    return true;
  };
  const server = await servePlain(provider.gateway, takeOver);
  const limits = { answerMilliseconds: 1_000, idleMilliseconds: 500, maxResponseBytes: 100_000 };
  const user = openUser(provider, { api: httpProvider(server.url, limits) });
  try {
    await user.account.enroll();
    await body({ user, provider, repent: () => (isLying = false) });
  } finally {
    user.close();
    await server.close();
  }
}

const resigned = async (
  answer: CallAnswerJson,
  change: Partial<CallAnswerJson["receipt"]>,
): Promise<CallAnswerJson> => {
  const receipt = { ...answer.receipt, ...change };
  const signature = await SIGNER.signTypedData(domainOf(POOL), RECEIPT_TYPES, receipt);
  return { ...answer, receipt, signature, refund: null };
};
const wrongRefund = (change: (refund: SignedRefundJson) => SignedRefundJson): Lie => ({
  call: (answer) => ({ ...answer, refund: answer.refund && change(answer.refund) }),
  refund: change,
  hasEvidence: true,
});
const wrongReceipt = (call: Lie["call"]): Lie => ({
  ...(call && { call }),
  code: "PROVIDER_DISHONEST",
  hasEvidence: true,
});
const silent = (silence: TakeOver): Lie => ({ silence, code: "UNANSWERED", hasEvidence: false });

const LIES: Record<string, Lie> = {
  "withholds the refund": { hasEvidence: false },
  "refunds too little": wrongRefund(() => signedRefund(0, 60n)),
  "refunds more than was paid": wrongRefund(() => signedRefund(0, C + 10n)),
  "signs the refund of another ticket": wrongRefund(() => signedRefund(1, 70n)),
  "sends a refund with a signature that is none": wrongRefund((refund) => ({
    ...refund,
    signature: { ...refund.signature, s: "5" },
  })),
  "keeps the hold": wrongRefund((refund) => ({ ...refund, refundedHold: "0" })),
  "answers something else than it signed": wrongReceipt((answer) => ({ ...answer, response: "cheap", refund: null })),
  "charges more than the voucher": wrongReceipt((answer) => resigned(answer, { charged: "70" })),
  "signs a receipt of another request": wrongReceipt((answer) =>
    resigned(answer, { requestHash: `0x${"11".repeat(32)}` }),
  ),
  "does not sign the receipt": wrongReceipt((answer) => ({ ...answer, signature: "0x1234", refund: null })),
  "gives no answer": silent(() => true),
  "cuts every connection": silent((_path, _body, response) => (response.destroy(), true)),
  "sends a body without end": silent((_path, _body, response) => {
    response.writeHead(200, { "content-type": CALL_MEDIA_TYPE });
    const write = (): void =>
      void (response.destroyed || response.write("x".repeat(10_000), () => setImmediate(write)));
    return (write(), true);
  }),
};

describe("the wallet and a hostile gateway over HTTP", function () {
  this.timeout(240_000);

  // The first proof of a run takes longer than the wallet here waits for an answer.
  before(() => openUser(startProvider()).account.enroll());

  for (const [name, lie] of Object.entries(LIES)) {
    it(`uses no further ticket with a gateway that ${name}, and has what a dispute takes`, () =>
      withLiar(lie, async ({ user, provider, repent }) => {
        const { account } = user;
        const call = account.call("a", { cap: 60n });
        if (lie.code === undefined) expect(await call).to.include({ response: "echo: a", refund: undefined });
        else expect(await codeOf(call)).to.equal(lie.code);
        expect(await codeOf(account.call("b"))).to.equal("REFUND_WITHHELD");
        expect(account.summary()).to.include({ used: 1, unsettled: 1, unfolded: 0n });
        expect(account.grievances().length > 0).to.equal(lie.hasEvidence);
        if (lie.hasEvidence) expect(account.grievances()[0]).to.include({ index: 0 });

        const file = await account.prepareDispute({ index: 0, recipient: RECIPIENT });
        expect(disputeProblem(POOL, file)).to.equal(undefined);
        await openOnChain(provider.chain, file);
        repent();
        expect(await codeOf(account.call("b"))).to.equal("REFUND_WITHHELD");
        expect(await account.settleDisputes()).to.have.length(1);
        expect(account.summary()).to.include({ used: 1, disputed: 1 });
      }));
  }

  it("goes on when the refund comes after all", () =>
    withLiar({ hasEvidence: false }, async ({ user, repent }) => {
      const { account } = user;
      await account.call("a");
      expect(await codeOf(account.requireRefunds())).to.equal("REFUND_WITHHELD");
      repent();
      expect((await account.call("b")).index).to.equal(1);
      expect(account.summary()).to.include({ used: 2, unsettled: 0 });
    }));

  it("has a fold for the chain when the gateway does not sign it", async () => {
    const provider = startProvider();
    const server = await servePlain(provider.gateway, (path, _body, response) => {
      if (path !== PATHS.fold) return false;
      refuse(response, new GatewayError("FOLD_CONFLICT", "no"));
      return true;
    });
    const { account, close } = openUser(provider, { api: httpProvider(server.url) });
    await account.enroll();
    await account.call("a");
    const refused = await account.fold().catch((error: unknown) => error);
    expect(refused).to.include({ code: "SIGNATURE_REFUSED", refusal: "FOLD_CONFLICT" });
    const file = await account.prepareCertifiedFold();
    if (file === undefined) throw new Error("there is nothing to certify");
    const signals = [file.newState, ...file.foldNullifiers, file.certified, POOL.poolHash];
    expect(await verify("fold", signals, file.proof)).to.equal(true);
    provider.chain.certify(file, "final");
    await account.settleFolds();
    expect(account.summary()).to.include({ certified: 70n + P, unfolded: 0n });
    close();
    await server.close();
  });
});
