// SPDX-License-Identifier: GPL-3.0-or-later
/** What a report says, as plain data. Every text may come from anywhere: it is shown as text, whatever it holds. */
export interface ReportDocument {
  readonly title: string;
  readonly subtitle?: string;
  /** The figures to see first. */
  readonly tiles?: readonly Tile[];
  readonly sections: readonly Section[];
  /** What made the report, from what, and when. */
  readonly footer?: string;
}

export type Tone = "neutral" | "good" | "warning" | "bad";

export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: Tone;
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block = Paragraph | Table | Findings | Chart;

export interface Paragraph {
  readonly kind: "paragraph";
  readonly text: string;
}

export interface Column {
  readonly title: string;
  /** Numbers stand at the end of their cells; addresses and hashes are code. Default: text. */
  readonly content?: "text" | "number" | "code";
}

/** The first column names its row. */
export interface Table {
  readonly kind: "table";
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
}

export interface Finding {
  readonly tone: Tone;
  readonly title: string;
  readonly detail?: string;
  /** A block, a transaction, an account: shown as code. */
  readonly where?: string;
}

export interface Findings {
  readonly kind: "findings";
  readonly items: readonly Finding[];
  /** Said when there are none. */
  readonly none: string;
}

export type Chart = LineChart | AreaChart | BarChart | HistogramChart;

/** What stands beside a number: "$" before it, "gas" after it. */
export interface Unit {
  readonly before?: string;
  readonly after?: string;
}

export interface Axis {
  readonly label: string;
  readonly unit?: Unit;
}

/** Time is in Unix seconds, and shown in UTC. */
export interface PositionAxis extends Axis {
  readonly kind: "number" | "time";
}

interface ChartTexts {
  readonly title: string;
  /** What the chart shows, for those who do not see it, and below it for those who do. */
  readonly description: string;
}

export type Point = readonly [x: number, y: number];

export interface LineSeries {
  readonly name: string;
  /** By ascending x. */
  readonly points: readonly Point[];
}

export interface LineChart extends ChartTexts {
  readonly kind: "line";
  readonly x: PositionAxis;
  readonly y: Axis;
  readonly series: readonly LineSeries[];
  /** A step keeps each value until the next: balances. Default: straight. */
  readonly curve?: "straight" | "step";
  /** Whether 0 is in sight. Default: true. */
  readonly fromZero?: boolean;
}

/** One value for each place of the chart. */
export interface ValueSeries {
  readonly name: string;
  readonly values: readonly number[];
}

/** Series on top of each other; no value is below 0. */
export interface AreaChart extends ChartTexts {
  readonly kind: "area";
  readonly x: PositionAxis;
  readonly y: Axis;
  /** The places, ascending. */
  readonly at: readonly number[];
  readonly series: readonly ValueSeries[];
}

export interface BarChart extends ChartTexts {
  readonly kind: "bars";
  readonly direction: "vertical" | "horizontal";
  readonly arrangement: "grouped" | "stacked";
  readonly categories: readonly string[];
  readonly y: Axis;
  readonly series: readonly ValueSeries[];
}

export interface HistogramChart extends ChartTexts {
  readonly kind: "histogram";
  readonly x: PositionAxis;
  readonly y: Axis;
  /** One more than there are counts, ascending: `histogramOf` makes them from values. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}
