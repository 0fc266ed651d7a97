// SPDX-License-Identifier: GPL-3.0-or-later
/** A provider as a wallet sees it. A gateway implements it in process; an HTTP client can stand in for one elsewhere. */
import type {
  CallAnswerJson,
  CallRequestJson,
  CloseConsentJson,
  CloseRequestJson,
  EndRequestJson,
  EnrollRequestJson,
  FeedPageJson,
  FeedRequestJson,
  FoldRequestJson,
  RefundRequestJson,
  SignedRefundJson,
  StateSignatureJson,
  TermsAnswerJson,
} from "./messages.ts";

/** Nothing is known of a response before its receipt is checked: pieces are what somebody sent. */
export type OnPiece = (piece: string) => void;

/** Everything that crosses is plain JSON. A refusal is a `GatewayError`; anything else that is thrown means that no answer came. */
export interface ProviderApi {
  terms(): Promise<TermsAnswerJson>;
  /** The same request gets the same answer, for ever. */
  enroll(request: EnrollRequestJson): Promise<StateSignatureJson>;
  /**
   * The same sequence with the same request gets the stored answer, charged once.
   * @param onPiece told of the response piece by piece while it comes, if it comes in pieces; each attempt begins anew.
   */
  call(request: CallRequestJson, onPiece?: OnPiece): Promise<CallAnswerJson>;
  /** Gives the session's one refund ticket, the same at every repeat. */
  endSession(request: EndRequestJson): Promise<SignedRefundJson>;
  refund(request: RefundRequestJson): Promise<SignedRefundJson>;
  fold(request: FoldRequestJson): Promise<StateSignatureJson>;
  consentToClose(request: CloseRequestJson): Promise<CloseConsentJson>;
  publicFeed(request: FeedRequestJson): Promise<FeedPageJson>;
}
