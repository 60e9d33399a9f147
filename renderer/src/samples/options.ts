import { type CallResult, type KeptDraw, noiseWords, unusual } from '../../../main/ipc/contract.ts';
import { formatNumber } from '../format.ts';

/** What can be chosen when a run draws. */
export type DrawingInfo = CallResult<'runs.drawing'>;
export type TimePoint = NonNullable<KeptDraw['reencodeAt']>[number];

/** How a draw differs from the usual one, as the contract takes it; what is as usual is left out. */
export interface DrawOptions {
  start?: number;
  weights?: 'raw';
  prior?: 'fitted';
  temperature?: number;
  laterTemperature?: number;
  label?: number;
  guidance?: number;
  reencodeAt?: TimePoint[];
}

/** What is chosen in the view, whatever the run. */
export interface Chosen {
  passes: number;
  weights: 'ema' | 'raw';
  prior: 'normal' | 'fitted';
  /** null for an empty or wrong field. */
  temperature: number | null;
  laterTemperature: number | null;
  label: number | null;
  guidance: number | null;
  /** Index of a time step for each later pass; null for the middle. */
  places: readonly (number | null)[];
}

/** First index of the time steps that an image can be encoded at: time 0 is none of them. */
export function firstPlace({ timeSteps }: Pick<DrawingInfo, 'timeSteps'>): number {
  return timeSteps[0] === 0 ? 1 : 0;
}

/** Index of the place of each later pass, within the run's time steps. */
export function placesOf(chosen: Pick<Chosen, 'passes' | 'places'>, info: DrawingInfo): number[] {
  const [first, last] = [firstPlace(info), info.timeSteps.length - 1];
  return Array.from({ length: chosen.passes - 1 }, (_, pass) => {
    const place = chosen.places[pass] ?? info.middle;
    return Math.min(last, Math.max(first, place));
  });
}

/** The options for a run: only what it knows, and only what is not as usual. */
export function optionsFor(chosen: Chosen, info: DrawingInfo | null): DrawOptions {
  const options: DrawOptions = {};
  if (chosen.weights === 'raw') options.weights = 'raw';
  if (info === null) return options;
  const { temperature, laterTemperature, label, guidance } = chosen;
  if (info.fittable && chosen.prior === 'fitted') options.prior = 'fitted';
  if (info.temperature && temperature !== null && temperature !== 1) options.temperature = temperature;
  if (info.temperature && chosen.passes > 1 && laterTemperature !== null && laterTemperature !== 1) {
    options.laterTemperature = laterTemperature;
  }
  if (label !== null && label < info.classes.length) {
    options.label = label;
    if (guidance !== null && guidance !== 1) options.guidance = guidance;
  }
  const places = placesOf(chosen, info);
  if (places.some((place) => place !== info.middle)) {
    options.reencodeAt = places.map((timeIndex) => ({ timeIndex }));
  }
  return options;
}

/** The options of a kept draw, as it was drawn. */
export function keptOptions(entry: DescribedOptions): DrawOptions {
  const { reencodeAt, ...others } = unusual(entry);
  return { ...others, ...(reencodeAt && { reencodeAt: [...reencodeAt] }) };
}

/** The options in words, for captions: `raw weights, temperature 0.8`. */
export function optionWords(
  { weights, prior, temperature, laterTemperature, label, guidance, reencodeAt, start }: DescribedOptions,
  classes: readonly string[] = [],
): string[] {
  const words: string[] = [];
  if (label !== undefined) words.push(classes[label] ?? `class ${label}`);
  if (label !== undefined && guidance !== undefined) words.push(`guidance ${formatNumber(guidance)}`);
  if (weights === 'raw') words.push('raw weights');
  words.push(...noiseWords({ prior, temperature, laterTemperature }, formatNumber));
  if (reencodeAt !== undefined) {
    const places = reencodeAt.map((at) => ('t' in at ? `t = ${formatNumber(at.t)}` : String(at.timeIndex)));
    words.push(`encoded again at ${places.join(', ')}`);
  }
  if (start !== undefined) words.push(`from number ${start}`);
  return words;
}

type DescribedOptions = Partial<
  Pick<
    KeptDraw,
    'weights' | 'prior' | 'temperature' | 'laterTemperature' | 'label' | 'guidance' | 'reencodeAt' | 'start'
  >
>;
