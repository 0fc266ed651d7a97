// SPDX-License-Identifier: GPL-3.0-or-later
/** A process with the service: the bundled model, which answers at once. */
import { startModel } from "../../../src/model/index.ts";
import { answerParent } from "../child.ts";
import { Edges } from "./edges.ts";
import { PATH } from "./sale.ts";

const edges = new Edges((path) => path === PATH);
const { url } = await startModel();

answerParent({ url: async () => url, edges: async () => edges.take() });
