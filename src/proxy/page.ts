// SPDX-License-Identifier: GPL-3.0-or-later
/** A page for people: what the wallet has, every two seconds anew. It loads nothing from anywhere else. */
import { createHash } from "node:crypto";

import type { FastifyReply } from "fastify";

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem } h1 small { font-weight: normal; opacity: .6 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th { text-align: left; font-weight: normal; opacity: .7; width: 15rem; vertical-align: top }
td, th { padding: .3rem .5rem .3rem 0; border-bottom: 1px solid #8884; overflow-wrap: anywhere }
#notice { padding: .5rem .8rem; border-left: 3px solid #c60 }
#notice:empty { display: none }
`;

/** Values go into the page as text, never as markup. */
const SCRIPT = `
const notice = document.getElementById("notice");
const table = document.getElementById("values");
let token = sessionStorage.getItem("jeton-token");
function words(name) { return name.replace(/[A-Z]/g, (letter) => " " + letter.toLowerCase()); }
function rows(value, prefix) {
  return Object.entries(value).flatMap(([name, item]) => {
    const label = prefix ? prefix + " – " + words(name) : words(name);
    if (item === null || item === undefined) return [];
    if (Array.isArray(item)) return item.flatMap((one, i) => typeof one === "object" ? rows(one, label + " " + (i + 1)) : [[label, String(one)]]);
    return typeof item === "object" ? rows(item, label) : [[label, String(item)]];
  });
}
async function look() {
  try {
    const headers = token ? { authorization: "Bearer " + token } : {};
    const answer = await fetch("/jeton/status", { headers, cache: "no-store" });
    if (answer.status === 401) {
      token = prompt("The proxy's token");
      if (token) sessionStorage.setItem("jeton-token", token);
      notice.textContent = token ? "" : "The proxy asks for its token: reload to enter it.";
      return token ? look() : undefined;
    }
    const status = await answer.json();
    notice.textContent = status.notice || "";
    table.replaceChildren(...rows({ ...status, notice: null }).map(([label, text]) => {
      const row = document.createElement("tr");
      const head = row.appendChild(document.createElement("th"));
      head.textContent = label;
      row.appendChild(document.createElement("td")).textContent = text;
      return row;
    }));
  } catch {
    notice.textContent = "The proxy does not answer.";
  }
  setTimeout(look, 2000);
}
look();
`;

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Jeton wallet</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><h1>Jeton <small>wallet on this machine</small></h1><p id="notice"></p><table id="values"></table>
<script>${SCRIPT}</script></body></html>
`;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

const POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const sendPage = (reply: FastifyReply): FastifyReply =>
  reply
    .header("content-security-policy", POLICY)
    .header("cache-control", "no-store")
    .header("referrer-policy", "no-referrer")
    .type("text/html; charset=utf-8")
    .send(PAGE);
