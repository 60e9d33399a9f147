import type { DatasetRecord } from '../dataset.ts';
import type { ImportRequest } from './open-import.ts';
import { DEFAULT_SETTINGS, type ImportSettings } from './settings.ts';

/** How a data set was imported, so that it can be imported again. A copy of another one is made from its own images. */
export function importOf({ name, source, settings, height, channels }: DatasetRecord): {
  request: ImportRequest & { paths: string[] };
  settings: ImportSettings;
} {
  const { kind, paths, choices } = source;
  return {
    request:
      kind === 'dataset' || kind === 'drawn'
        ? { kind: 'dataset', paths: [name] }
        : { kind, paths, ...choices, again: name },
    // Data sets of version 1 did not keep how they were made.
    settings: settings ?? { ...DEFAULT_SETTINGS, size: height, channels },
  };
}
