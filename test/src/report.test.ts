// SPDX-License-Identifier: GPL-3.0-or-later
import { createHash } from "node:crypto";

import { expect } from "chai";

import { ReportError, fullNumber, histogramOf, renderReport, shortNumber } from "../../src/report/index.ts";
import type { Block, Chart, LineChart, ReportDocument } from "../../src/report/index.ts";
import { expectNear } from "../support/near.ts";
import { findChromium, render } from "../support/chromium.ts";

const ATTACKS = [
  `<script>document.title = "taken"</script>`,
  `"><img src=x onerror="document.title='taken'">`,
  `' onmouseover='document.title=1' x='`,
  `</title></svg></style></table><iframe src="https://example.com/"></iframe>`,
  `&lt;b&gt; &amp;#x3c;script`,
  `]]><!--`,
  `\u202Egnp.exe \u0000\u001b[31m \ud800`,
];

const page = (...blocks: readonly Block[]): string =>
  renderReport({ title: "A page", sections: [{ title: "Part", blocks }] });

const line = (change: Partial<LineChart> = {}): LineChart => ({
  kind: "line",
  title: "Lines",
  description: "What they show.",
  x: { kind: "number", label: "month" },
  y: { label: "cost", unit: { before: "$" } },
  series: [
    {
      name: "one",
      points: [
        [0, 3],
        [10, 47],
      ],
    },
  ],
  ...change,
});

/** Every text that a document can hold, all of them hostile. */
function hostile(text: string): ReportDocument {
  const texts = { title: text, description: text };
  const x = { kind: "number", label: text, unit: { before: text, after: text } } as const;
  const y = { label: text, unit: { after: text } };
  const values = [{ name: text, values: [1, 2] }];
  const charts: readonly Chart[] = [
    { kind: "line", ...texts, x, y, series: [{ name: text, points: [[0, 1]] }] },
    { kind: "area", ...texts, x, y, at: [0, 1], series: [...values, ...values] },
    {
      kind: "bars",
      direction: "vertical",
      arrangement: "grouped",
      ...texts,
      y,
      categories: [text, text],
      series: values,
    },
    {
      kind: "bars",
      direction: "horizontal",
      arrangement: "stacked",
      ...texts,
      y,
      categories: [text, text],
      series: values,
    },
    { kind: "histogram", ...texts, x, y, edges: [0, 1, 2], counts: [1, 2] },
  ];
  return {
    title: text,
    subtitle: text,
    tiles: [{ label: text, value: text, note: text, tone: "bad" }],
    footer: text,
    sections: [
      {
        title: text,
        blocks: [
          { kind: "paragraph", text },
          { kind: "table", caption: text, columns: [{ title: text, content: "code" }], rows: [[text]], note: text },
          { kind: "findings", none: text, items: [{ tone: "warning", title: text, detail: text, where: text }] },
          { kind: "findings", none: text, items: [] },
          ...charts,
        ],
      },
    ],
  };
}

const plainText = (html: string): string => html.replace(/<style>[\s\S]*?<\/style>/, "");
const tagsOf = (html: string): string[] => [...html.matchAll(/<([a-zA-Z!/][^\s>]*)/g)].map(([, tag = ""]) => tag);
const numbersOf = (html: string, pattern: RegExp): number[] =>
  [...html.matchAll(pattern)].map(([, number = ""]) => Number(number));
const wide = (html: string): string => /<svg class="chart wide"[\s\S]*?<\/svg>/.exec(html)?.[0] ?? "";

describe("reports", function () {
  this.timeout(120_000);

  it("show every text as text: no attack adds a tag or an attribute", () => {
    const tags = tagsOf(renderReport(hostile("plain")));
    const attributes = (html: string): string[] =>
      [...plainText(html).matchAll(/<[^>]*>/g)].flatMap(([tag]) =>
        [...tag.replace(/"[^"]*"/g, '""').matchAll(/([\w:-]+)=""/g)].map(([, name = ""]) => name),
      );
    for (const attack of ATTACKS) {
      const html = renderReport(hostile(attack));
      expect(tagsOf(html), attack).to.deep.equal(tags);
      expect(attributes(html), attack).to.deep.equal(attributes(renderReport(hostile("plain"))));
    }
  });

  it("show no control characters, and nothing that turns text around", () => {
    const html = renderReport(hostile("\u202Eabc\u0000\u001b\u2066\u0085 \ud800"));
    expect(html).not.to.match(/[\u202A-\u202E\u2066-\u2069\u0000\u001b\u0085]/);
    expect(html.isWellFormed()).to.equal(true);
    expect(html).to.contain("\uFFFDabc");
  });

  it("load nothing and run nothing: one policy, by the hash of the one style sheet", () => {
    const html = page(line(), { kind: "paragraph", text: "x" });
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect(policy.split("; ")).to.deep.equal([
      "default-src 'none'",
      `style-src 'sha256-${hash}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html.indexOf("Content-Security-Policy")).to.be.lessThan(html.indexOf("<style>"));
    expect(html).not.to.match(/https?:|\/\/[a-z]|url\(|@import|<script|<link|<img| href=| src=| style=| on\w+=/i);
  });

  it("are the same bytes for the same document", () => {
    expect(page(line())).to.equal(page(line()));
  });

  it("can be read without seeing: titles, descriptions, headers, captions, and every number in a table", () => {
    const html = page(line(), {
      kind: "table",
      caption: "Accounts",
      columns: [{ title: "account" }, { title: "deposit", content: "number" }],
      rows: [["first", "1,000"]],
    });
    expect(html).to.match(
      /<svg [^>]*role="img" aria-labelledby="(\S+) (\S+)"><title id="\1">Lines<\/title><desc id="\2">What they show\.<\/desc>/,
    );
    expect(html).to.contain("<caption>Accounts</caption>");
    expect(html).to.contain('<th scope="col" class="text">account</th><th scope="col" class="number">deposit</th>');
    expect(html).to.contain('<th scope="row" class="text">first</th><td class="number">1,000</td>');
    expect(html).to.match(
      /<details><summary>The numbers<\/summary>[\s\S]*<th scope="row" class="number">10<\/th><td class="number">\$47<\/td>/,
    );
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("put lines where a ruler would, and ticks at round numbers in order", () => {
    const drawing = wide(page(line()));
    const [, ax = "", ay = "", bx = "", by = ""] =
      /class="line s1" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"/.exec(drawing) ?? [];
    const ticks = numbersOf(drawing, /text-anchor="end">\$(\d+)</g);
    const heights = numbersOf(drawing, /class="(?:grid|zero)" x1="[\d.]+" x2="[\d.]+" y1="([\d.]+)"/g);
    expect(ticks).to.deep.equal([0, 10, 20, 30, 40, 50]);
    const [zero = 0, top = 0] = [heights[0], heights.at(-1)];
    const at = (value: number): number => zero + (value / 50) * (top - zero);
    ticks.forEach((tick, index) => expectNear(heights[index] ?? 0, at(tick), 0.02));
    expectNear(Number(ay), at(3), 0.02);
    expectNear(Number(by), at(47), 0.02);
    const [left = 0, ...others] = numbersOf(drawing, /class="tick" x1="([\d.]+)"/g);
    expect(Number(ax)).to.equal(left);
    expect(Number(bx)).to.equal(others.at(-1));
  });

  it("mark times at round days and months in UTC", () => {
    const at = (text: string): number => Date.parse(text) / 1_000;
    const labels = (from: string, to: string): string[] => {
      const points = [
        [at(from), 1],
        [at(to), 2],
      ] as const;
      const drawing = wide(page(line({ x: { kind: "time", label: "date" }, series: [{ name: "one", points }] })));
      return [...drawing.matchAll(/class="tick"[^>]*\/><text [^>]*>([^<]*)</g)].map(([, label = ""]) => label);
    };
    expect(labels("2026-01-05T10:00Z", "2026-05-02T00:00Z")).to.deep.equal(["Feb 2026", "Mar", "Apr", "May"]);
    expect(labels("2025-12-30T10:00Z", "2026-01-02T10:00Z")).to.deep.equal([
      ...["30 Dec, 12:00", "31 Dec", "12:00", "1 Jan 2026", "12:00", "2 Jan"],
    ]);
    expect(labels("2026-03-01T21:10Z", "2026-03-02T03:20Z")).to.deep.equal([
      ...["1 Mar, 22:00", "23:00", "2 Mar", "01:00", "02:00", "03:00"],
    ]);
    expect(labels("2019-02-01T00:00Z", "2026-03-02T00:00Z")).to.include.members(["2020", "2024", "2026"]);
  });

  it("stack areas and bars to the sum of their parts", () => {
    const series = [
      { name: "low", values: [10, 20] },
      { name: "high", values: [30, 20] },
    ];
    const bars = wide(
      page({
        kind: "bars",
        direction: "vertical",
        arrangement: "stacked",
        title: "t",
        description: "d",
        categories: ["a", "b"],
        y: { label: "v" },
        series,
      }),
    );
    const rectangles = [...bars.matchAll(/class="bar s(\d)"[^>]* y="([\d.]+)"[^>]* height="([\d.]+)"/g)].map(
      ([, index, y, height]) => ({ series: index, top: Number(y), height: Number(height) }),
    );
    const [lowA, lowB, highA, highB] = rectangles;
    expect(rectangles.map(({ series: index }) => index)).to.deep.equal(["1", "1", "2", "2"]);
    if (lowA === undefined || lowB === undefined || highA === undefined || highB === undefined)
      throw new Error("bars are missing");
    expectNear(highA.top + highA.height, lowA.top, 0.02);
    expectNear(highA.height, 3 * lowA.height, 0.05);
    expectNear(highA.top, highB.top, 0.02);
    expect(bars.match(/>40</g)).to.have.length(3);

    const area = wide(
      page({
        kind: "area",
        title: "t",
        description: "d",
        x: { kind: "number", label: "x" },
        y: { label: "v" },
        at: [0, 1],
        series,
      }),
    );
    const [lower = "", upper = ""] = [...area.matchAll(/class="edge s\d" d="([^"]*)"/g)].map(([, path = ""]) => path);
    const heightsOf = (path: string): number[] => numbersOf(path, /[ML][\d.]+ ([\d.]+)/g);
    const [zero = 0] = numbersOf(area, /class="zero" [^>]*y1="([\d.]+)"/g);
    heightsOf(lower).forEach((y, place) => {
      const [whole, part] = [zero - (heightsOf(upper)[place] ?? 0), zero - y];
      expectNear(whole / part, 40 / (place === 0 ? 10 : 20), 0.01);
    });
  });

  it("count values into classes as one who counts by hand", () => {
    const values = Array.from({ length: 500 }, (_, index) => ((index * 7_919) % 1_000) / 10);
    const { edges, counts } = histogramOf([...values, 100], 10);
    expect(edges).to.deep.equal([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    const naive = edges
      .slice(0, -1)
      .map(
        (edge, index) => [...values, 100].filter((value) => value >= edge && (value < edge + 10 || index === 9)).length,
      );
    expect(counts).to.deep.equal(naive);
    expect(histogramOf([0.1, 0.2, 0.3, 0.7], 10).counts.reduce((sum, count) => sum + count)).to.equal(4);
    expect(histogramOf([5, 5]).counts.reduce((sum, count) => sum + count)).to.equal(2);
    expect(histogramOf([]).counts.every((count) => count === 0)).to.equal(true);
  });

  it("write numbers short or in full", () => {
    expect(
      [0, 12, 9_999, 12_345, 999_999, 1_234_567, 2.5e9, -4_200_000, 0.001234, 1_234.5].map(shortNumber),
    ).to.deep.equal(["0", "12", "9,999", "12.3k", "1M", "1.23M", "2.5B", "-4.2M", "0.00123", "1.23k"]);
    expect([1_234_567.89, 0.1 + 0.2, -3].map(fullNumber)).to.deep.equal(["1,234,567.89", "0.3", "-3"]);
  });

  it("refuse what cannot be drawn, with a code", () => {
    const values = (...numbers: number[]) => [{ name: "n", values: numbers }];
    const bars = {
      kind: "bars",
      direction: "vertical",
      arrangement: "stacked",
      title: "t",
      description: "d",
      y: { label: "v" },
    } as const;
    const wrong: readonly Block[] = [
      line({ series: [] }),
      line({ series: [{ name: "n", points: [[0, Number.NaN]] }] }),
      line({
        series: [
          {
            name: "n",
            points: [
              [1, 1],
              [0, 1],
            ],
          },
        ],
      }),
      line({ series: [{ name: "n", points: [] }] }),
      line({ series: Array.from({ length: 9 }, () => ({ name: "n", points: [[0, 1] as const] })) }),
      { ...bars, categories: ["a", "b"], series: values(1) },
      { ...bars, categories: ["a"], series: values(-1) },
      {
        kind: "histogram",
        title: "t",
        description: "d",
        x: { kind: "number", label: "x" },
        y: { label: "y" },
        edges: [0, 1],
        counts: [1, 2],
      },
    ];
    for (const block of wrong)
      expect(() => page(block))
        .to.throw(ReportError)
        .with.property("code", "CHART_INVALID");
    const table = { kind: "table", caption: "c", columns: [{ title: "one" }], rows: [["1", "2"]] } as const;
    expect(() => page(table))
      .to.throw(ReportError)
      .with.property("code", "TABLE_INVALID");
  });

  it("draw a thousand points, one point, and values that are all the same", () => {
    const many = Array.from({ length: 5_000 }, (_, index) => [index, index === 2_500 ? 1_000 : index % 10] as const);
    const html = page(line({ series: [{ name: "n", points: many }] }));
    const drawing = wide(html);
    expect((/class="line s1" d="([^"]*)"/.exec(drawing)?.[1] ?? "").split("L").length).to.be.lessThan(1_000);
    const top = Math.min(...numbersOf(/class="line s1" d="([^"]*)"/.exec(drawing)?.[1] ?? "", /[ML][\d.]+ ([\d.]+)/g));
    expectNear(top, 34, 0.01, "the one high point is not thinned out");
    expect(html).to.contain("One in 13 of 5000 places.");
    for (const points of [
      [[5, 5]],
      [
        [0, 0],
        [1, 0],
      ],
      [
        [0, -3],
        [1, -3],
      ],
    ] as const) {
      expect(page(line({ series: [{ name: "n", points: points.map(([x, y]) => [x, y] as const) }] }))).not.to.match(
        /NaN|Infinity/,
      );
    }
  });

  it("stand in a real browser: styled, complaining of nothing, and deaf to a script that got in", async function () {
    const chromium = findChromium();
    if (chromium === undefined) return this.skip();
    const html = renderReport(hostile(ATTACKS.join(" ")));
    const clean = await render(chromium, html);
    expect(clean.log).not.to.match(/Content Security Policy|Refused|CONSOLE/);
    expect(clean.dom).to.contain("<footer>");
    expect(clean.dom.match(/<figure /g)).to.have.length(5);
    expect(clean.dom).not.to.match(/<script|<iframe|<img/i);
    // As if escaping had failed: the policy is the second door.
    const injected = html.replace(
      "<main>",
      `<main><script>document.title = "taken"</script><style>body{display:none}</style>`,
    );
    const attacked = await render(chromium, injected);
    expect(attacked.dom).not.to.contain("<title>taken</title>");
    expect(attacked.log.match(/Content Security Policy/g)).to.have.length.at.least(2);
  });
});
