/** What the plots on the train page share. */
import { decimal } from '../../../text/language.ts';
import uPlot from 'uplot';
import { logarithmicTicks } from './logarithmic-ticks.ts';

/** Colours and fonts of a plot, taken from where it stands. */
export interface PlotStyle {
  /** Value of a custom property. */
  colour: (property: string) => string;
  axis: uPlot.Axis;
}

/** A plot's options but for its size, which is that of the element. */
export type PlotOptions = Omit<uPlot.Options, 'width' | 'height'>;

/** A plot inside an element: of its size, and made anew when the system's theme changes. */
export class HostedPlot {
  readonly #host: HTMLElement;
  readonly #options: (style: PlotStyle) => PlotOptions;
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #observer: ResizeObserver;
  readonly #rebuild = (): void => {
    if (this.#chart) this.build(this.#chart.data);
  };
  #chart: uPlot | null = null;
  #marked: number | null = null;
  readonly #line = document.createElement('div');

  constructor(host: HTMLElement, options: (style: PlotStyle) => PlotOptions) {
    this.#host = host;
    this.#options = options;
    this.#line.className = 'plot-mark';
    this.#observer = new ResizeObserver(() => this.#chart?.setSize(this.#size()));
    this.#observer.observe(host);
    this.#scheme.addEventListener('change', this.#rebuild);
  }

  /** Makes the plot, in place of the one before. */
  build(data: uPlot.AlignedData): void {
    this.#chart?.destroy();
    this.#chart = new uPlot({ ...this.#options(this.#style()), ...this.#size() }, data, this.#host);
  }

  /** Puts other data into the plot, making it if it is not there yet. */
  setData(data: uPlot.AlignedData): void {
    if (this.#chart) this.#chart.setData(data);
    else this.build(data);
  }

  /**
   * Marks a place of the horizontal axis with a line over the plot; null for none. Nothing is painted anew for it, so that
   * many plots can follow a hand.
   */
  mark(x: number | null): void {
    this.#marked = x;
    this.placeMark();
  }

  /** Puts the mark where its place is by now: to be called when the plot was drawn anew. */
  placeMark(): void {
    const chart = this.#chart;
    if (!chart) return;
    const place = this.#marked === null ? NaN : chart.valToPos(this.#marked, 'x');
    const inside = place >= 0 && place <= chart.over.clientWidth;
    if (this.#line.parentElement !== chart.over) chart.over.append(this.#line);
    this.#line.hidden = !inside;
    if (inside) this.#line.style.transform = `translateX(${place}px)`;
  }

  /** Puts the crosshair, also of the plots beside it, at a place of the horizontal axis; null takes it away. */
  point(x: number | null): void {
    const left = x === null ? -10 : (this.#chart?.valToPos(x, 'x') ?? -10);
    this.#chart?.setCursor({ left, top: x === null ? -10 : 4 });
  }

  end(): void {
    this.#observer.disconnect();
    this.#scheme.removeEventListener('change', this.#rebuild);
    this.#chart?.destroy();
    this.#chart = null;
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(40, this.#host.clientWidth), height: Math.max(40, this.#host.clientHeight) };
  }

  #style(): PlotStyle {
    const style = getComputedStyle(this.#host);
    const colour = (property: string): string => style.getPropertyValue(property).trim();
    return {
      colour,
      axis: {
        stroke: colour('--text-soft'),
        font: `11px ${style.fontFamily}`,
        grid: { stroke: colour('--line'), width: 1 },
        ticks: { show: false },
        gap: 4,
        values: (_self, values) => values.map((value) => compact(value)),
      },
    };
  }
}

/**
 * A plot without a legend, whose numbers under the pointer are told in words.
 *
 * @param key plots of one key have their pointers at the same place
 * @param tell given the number of the point; null: the pointer is elsewhere
 */
export function withReading(
  key: string,
  tell: (index: number | null) => void,
): Pick<PlotOptions, 'padding' | 'legend' | 'cursor' | 'hooks'> {
  return {
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { sync: { key }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
    hooks: { setCursor: [({ cursor }) => tell(cursor.idx ?? null)] },
  };
}

/**
 * A colour of the style sheet, see-through. Canvas in the oldest Chromium that the application runs on knows
 * `oklch()` with an alpha, but not `color-mix()`.
 *
 * @param colour a function without an alpha, `oklch(0.5 0.1 200)`
 */
export function translucent(colour: string, alpha: number): string {
  return colour.replace(/\)$/, ` / ${alpha})`);
}

/** A scale with powers of ten. uPlot's own names for its kinds of scale are not there at run time, hence the 3. */
export function logarithmicScale(range: uPlot.Range.Function): uPlot.Scale {
  return Object.assign<uPlot.Scale, object>({ log: 10, range }, { distr: 3 });
}

/** Round values on a logarithmic axis. */
export const logarithmicSplits: Pick<uPlot.Axis, 'splits' | 'filter'> = {
  splits: (_self, _axis, min, max) => logarithmicTicks(min, max),
  filter: (_self, splits) => splits,
};

/** A number on an axis: `12k`, `0.05`, `1e-4`. */
export function compact(value: number | null): string {
  if (value === null) return '';
  const size = Math.abs(value);
  if (size >= 1e6) return decimal(`${+(value / 1e6).toPrecision(3)}M`);
  if (size >= 1e4) return decimal(`${+(value / 1e3).toPrecision(3)}k`);
  if (size !== 0 && size < 1e-3) return decimal(value.toExponential(0));
  return decimal(String(+value.toPrecision(3)));
}
