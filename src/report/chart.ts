// SPDX-License-Identifier: GPL-3.0-or-later
/** A chart as a figure: title, legend, the drawing in two sizes, a description, and every number in a table. */
import { barChart, barChartHeight, histogramChart } from "./bar-chart.ts";
import type { Chart, Column, Table } from "./document.ts";
import { ReportError } from "./errors.ts";
import { areaChart, lineChart } from "./line-chart.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { SIZES, positionText, valueText } from "./plot.ts";
import type { Size } from "./plot.ts";
import { tableOf } from "./table.ts";

/** As many as there are colours that can be told apart. */
const MOST_SERIES = 8;

const refuse = (title: string, problem: string): never => {
  throw new ReportError("CHART_INVALID", `the chart "${title}" ${problem}`);
};

const isAscending = (values: readonly number[], strictly: boolean): boolean =>
  values.every((value, index) => {
    const before = values[index - 1];
    return before === undefined || (strictly ? before < value : before <= value);
  });

/** @throws ReportError CHART_INVALID */
function requireDrawable(chart: Chart): void {
  const { title } = chart;
  const requireNumbers = (values: readonly number[]): void => {
    if (!values.every(Number.isFinite)) refuse(title, "has a value that is no finite number");
  };
  if (chart.kind === "histogram") {
    const { edges, counts } = chart;
    requireNumbers([...edges, ...counts]);
    if (counts.length === 0 || edges.length !== counts.length + 1) refuse(title, "needs one edge more than counts");
    if (!isAscending(edges, true)) refuse(title, "needs edges that ascend");
    if (counts.some((count) => count < 0)) refuse(title, "counts less than nothing");
    return;
  }
  if (chart.series.length === 0) refuse(title, "has no series");
  if (chart.series.length > MOST_SERIES) refuse(title, `has more than ${MOST_SERIES} series`);
  if (chart.kind === "line") {
    for (const { points } of chart.series) {
      requireNumbers(points.flat());
      if (
        !isAscending(
          points.map(([x]) => x),
          false,
        )
      )
        refuse(title, "needs points by ascending x");
    }
    if (chart.series.every(({ points }) => points.length === 0)) refuse(title, "has no points");
    return;
  }
  const places = chart.kind === "area" ? chart.at.length : chart.categories.length;
  if (places === 0) refuse(title, "has no places");
  if (chart.kind === "area") {
    requireNumbers(chart.at);
    if (!isAscending(chart.at, true)) refuse(title, "needs places that ascend");
  }
  for (const { name, values } of chart.series) {
    requireNumbers(values);
    if (values.length !== places) refuse(title, `has ${values.length} values of "${name}" for ${places} places`);
    const isStacked = chart.kind === "area" || chart.arrangement === "stacked";
    if (isStacked && values.some((value) => value < 0)) refuse(title, "stacks a value below 0");
  }
}

function drawing(chart: Chart, size: Size): Markup {
  switch (chart.kind) {
    case "line":
      return lineChart(chart, size);
    case "area":
      return areaChart(chart, size);
    case "bars":
      return barChart(chart, size);
    case "histogram":
      return histogramChart(chart, size);
  }
}

/** A table shows at most about so many places of a chart. */
const MOST_ROWS = 400;

function dataTable(chart: Chart): Table {
  const number = (title: string): Column => ({ title, content: "number" });
  const titled = (columns: readonly Column[], rows: readonly (readonly string[])[]): Table => {
    const every = Math.ceil(rows.length / MOST_ROWS);
    return {
      kind: "table",
      caption: chart.title,
      columns,
      rows: rows.filter((_, index) => index % every === 0),
      ...(every > 1 ? { note: `One in ${every} of ${rows.length} places.` } : {}),
    };
  };
  const { y } = chart;
  switch (chart.kind) {
    case "histogram":
      return titled(
        [number(`${chart.x.label}, from`), number("to"), number(y.label)],
        chart.counts.map((count, index) => [
          positionText(chart.edges[index] ?? 0, chart.x),
          positionText(chart.edges[index + 1] ?? 0, chart.x),
          valueText(count, y),
        ]),
      );
    case "line": {
      const valuesAt = chart.series.map(({ points }) => new Map(points));
      const places = [...new Set(valuesAt.flatMap((values) => [...values.keys()]))].sort((a, b) => a - b);
      const cell = (value: number | undefined): string => (value === undefined ? "" : valueText(value, y));
      return titled(
        [number(chart.x.label), ...chart.series.map(({ name }) => number(name))],
        places.map((at) => [positionText(at, chart.x), ...valuesAt.map((values) => cell(values.get(at)))]),
      );
    }
    case "area":
      return titled(
        [number(chart.x.label), ...chart.series.map(({ name }) => number(name))],
        chart.at.map((at, index) => [
          positionText(at, chart.x),
          ...chart.series.map(({ values }) => valueText(values[index] ?? 0, y)),
        ]),
      );
    case "bars":
      return titled(
        [{ title: "" }, ...chart.series.map(({ name }) => number(name))],
        chart.categories.map((category, index) => [
          category,
          ...chart.series.map(({ values }) => valueText(values[index] ?? 0, y)),
        ]),
      );
  }
}

const swatch = (chart: Chart, index: number): Markup =>
  chart.kind === "line"
    ? markup`<svg class="swatch" viewBox="0 0 22 10" aria-hidden="true"><path class="line s${index + 1}" d="M0 5H22"/></svg>`
    : markup`<svg class="swatch" viewBox="0 0 22 10" aria-hidden="true"><rect class="bar s${index + 1}" x="6" y="0" width="10" height="10" rx="2"/></svg>`;

function legend(chart: Chart): Markup | undefined {
  if (chart.kind === "histogram" || chart.series.length < 2) return undefined;
  return markup`<ul class="legend">${chart.series.map(
    ({ name }, index) => markup`<li>${swatch(chart, index)}${name}</li>`,
  )}</ul>`;
}

function svg(chart: Chart, size: Size, id: string): Markup {
  const height = chart.kind === "bars" ? barChartHeight(chart, size) : size.height;
  const own = `${id}-${size.name}`;
  return markup`<svg class="chart ${size.name}" viewBox="0 0 ${size.width} ${height}" role="img" aria-labelledby="${own}-title ${own}-desc"><title id="${own}-title">${chart.title}</title><desc id="${own}-desc">${chart.description}</desc>${drawing(chart, size)}</svg>`;
}

/** @throws ReportError CHART_INVALID */
export function figure(chart: Chart, id: string): Markup {
  requireDrawable(chart);
  return markup`<figure id="${id}">
<h3>${chart.title}</h3>
${legend(chart)}
${SIZES.map((size) => svg(chart, size, id))}
<figcaption>${chart.description}</figcaption>
<details><summary>The numbers</summary>${tableOf(dataTable(chart))}</details>
</figure>`;
}
