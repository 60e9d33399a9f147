/** What an import reads: whatever the user points at, or the pixels of another data set. */
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../errors.ts';
import { readDatasetRecord } from '../catalogue.ts';
import { openSource } from '../readers/open.ts';
import type { ImageSource, OriginKind, SourceRequest } from '../readers/source.ts';
import { openPackedSource } from './packed-source.ts';
import { DEFAULT_SETTINGS, type ImportSettings } from './settings.ts';

export interface ImportRequest extends Omit<SourceRequest, 'kind'> {
  /** null: guessed by content. `dataset`: the one path is the name of a data set. */
  kind: OriginKind | null;
  /** Data set that was made of this source: its own images stand in where the source cannot be opened any more. */
  again?: string;
}

export interface OpenImport {
  source: ImageSource;
  /** The settings without what a data set that stands in has been through already. */
  settingsFor: (settings: ImportSettings) => ImportSettings;
  /** Settings of the data set that was made of this source before; null when there is none. */
  before: ImportSettings | null;
}

/**
 * Opens the source of an import.
 *
 * @throws UserError in one sentence; the signal's reason when aborted
 */
export async function openImport(
  home: string,
  { again, kind, ...request }: ImportRequest,
  signal?: AbortSignal,
): Promise<OpenImport> {
  const asTheyAre = (settings: ImportSettings): ImportSettings => settings;
  if (kind === 'dataset') {
    const [name] = request.paths;
    if (name === undefined) throw new UserError('Nothing to import was named; give the name of a data set.');
    return { source: await openPackedSource(home, name), settingsFor: asTheyAre, before: null };
  }
  const before =
    again === undefined
      ? null
      : await readDatasetRecord(home, again).then(
          (record) => record.settings,
          () => null,
        );
  try {
    return { source: await openSource({ kind, ...request }, signal), settingsFor: asTheyAre, before };
  } catch (error) {
    if (again === undefined || !(error instanceof UserError)) throw error;
    const { settings: first } = await readDatasetRecord(home, again);
    const source = await openPackedSource(home, again);
    return { source, settingsFor: (settings) => withoutDone(settings, first), before: first };
  }
}

/** What the first import has left out or renamed is not there to be left out or renamed again. */
function withoutDone(settings: ImportSettings, first: ImportSettings | null): ImportSettings {
  const isDone = (key: keyof ImportSettings): boolean =>
    first !== null && isDeepStrictEqual(settings[key], first[key]);
  const { minSide, classMap, limit, ...kept } = settings;
  return {
    ...kept,
    minSide: isDone('minSide') ? DEFAULT_SETTINGS.minSide : minSide,
    ...(classMap !== undefined && !isDone('classMap') && { classMap }),
    ...(limit !== undefined && !isDone('limit') && { limit }),
  };
}
