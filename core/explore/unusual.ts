/** What of a draw is told in files, records, commands and names: only where it is not as usual. */
import type { SampleOptions } from './api.ts';

type Told = Pick<
  SampleOptions,
  'start' | 'prior' | 'temperature' | 'laterTemperature' | 'weights' | 'label' | 'guidance' | 'reencodeAt'
>;

/** What is not as usual. */
export interface Unusual {
  start?: number;
  reencodeAt?: NonNullable<Told['reencodeAt']>;
  prior?: 'fitted';
  temperature?: number;
  laterTemperature?: number;
  weights?: 'raw';
  label?: number;
  /** With a label only. */
  guidance?: number;
}

/** The options that are not as usual, in the order in which they are told. */
export function unusual(options: { readonly [K in keyof Told]?: Told[K] | undefined }): Unusual {
  const { start = 0, prior = 'normal', temperature = 1, laterTemperature = 1 } = options;
  const { weights = 'ema', label = null, guidance = 1, reencodeAt = [] } = options;
  return {
    ...(start !== 0 && { start }),
    ...(reencodeAt.length > 0 && { reencodeAt }),
    ...(prior !== 'normal' && { prior }),
    ...(temperature !== 1 && { temperature }),
    ...(laterTemperature !== 1 && { laterTemperature }),
    ...(weights !== 'ema' && { weights }),
    ...(label !== null && { label }),
    ...(label !== null && guidance !== 1 && { guidance }),
  };
}
