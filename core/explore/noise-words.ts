import type { SampleOptions } from './api.ts';

type OfNoise = {
  readonly [K in 'prior' | 'temperature' | 'laterTemperature']?: SampleOptions[K] | undefined;
};

/**
 * What samples begin with and how much noise is drawn, in words for a list of what is not as usual: `fitted prior`,
 * `temperature 0.8`, `later passes by the mean`.
 *
 * @param say how numbers are written
 */
export function noiseWords(
  { prior = 'normal', temperature = 1, laterTemperature = 1 }: OfNoise,
  say: (value: number) => string = String,
): string[] {
  return [
    ...(prior === 'normal' ? [] : ['fitted prior']),
    ...(temperature === 1 ? [] : [`temperature ${say(temperature)}`]),
    ...laterWords(laterTemperature, say),
  ];
}

function laterWords(temperature: number, say: (value: number) => string): string[] {
  if (temperature === 1) return [];
  return [temperature === 0 ? 'later passes by the mean' : `later passes at temperature ${say(temperature)}`];
}
