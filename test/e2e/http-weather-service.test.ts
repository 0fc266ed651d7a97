// SPDX-License-Identifier: GPL-3.0-or-later
/** Services that fail, and gateways that lie, through the whole stack: wallet, HTTP, gateway, service, and in the end the chain. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";
import { Wallet } from "ethers";

import { PoolSender } from "../../src/chain/index.ts";
import { PATHS, PROBLEM_MEDIA_TYPE, decodeExchangeResponse, encodeAnswer } from "../../src/wire/index.ts";
import type { CallAnswerJson } from "../../src/wire/index.ts";
import { DONE, FINISH, beginStream, delta, sendJson, withService } from "../src/support/services.ts";
import { payer } from "./processes/composing.ts";
import { priceOf } from "./processes/prices.ts";
import { Place, asking, codeOf } from "./weather/place.ts";
import type { Owner } from "./weather/place.ts";
