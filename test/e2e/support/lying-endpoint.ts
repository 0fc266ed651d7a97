// SPDX-License-Identifier: GPL-3.0-or-later
/** An endpoint between a program and its node that changes answers. */
import type { Lie } from "../../src/support/audit-scene.ts";
import { sendJson, withService } from "../../src/support/services.ts";

interface Asked {
  readonly method: string;
  readonly params: unknown[];
}

async function forward(node: string, body: string, lie: Lie): Promise<unknown> {
  const response = await fetch(node, { method: "POST", headers: { "content-type": "application/json" }, body });
  const told = (await response.json()) as { result?: unknown } | { result?: unknown }[];
  const asked = JSON.parse(body) as Asked | Asked[];
  const edit = ({ method, params }: Asked, answer: { result?: unknown } | undefined): unknown =>
    answer?.result === undefined
      ? answer
      : { ...answer, result: lie(method, params, structuredClone(answer.result)) ?? answer.result };
  if (!Array.isArray(asked)) return edit(asked, told as { result?: unknown });
  return asked.map((one, at) => edit(one, (told as { result?: unknown }[])[at]));
}

/** Runs a test with the URL of one before `node`. */
export const withLies = <T>(node: string, lie: Lie, test: (url: string) => Promise<T>): Promise<T> =>
  withService(
    (response, body) => {
      void forward(node, body, lie).then(
        (answer) => sendJson(response, 200, answer),
        () => response.destroy(),
      );
    },
    ({ url }) => test(url),
  );
