/** Single pictures of the window as files, and files that say which run drew them. */
import { drawDetails } from '../../core/explore/draw-details.ts';
import { provenanceOf } from '../../core/explore/provenance.ts';
import { encodePng, type PngText } from '../../core/export/png.ts';
import { UserError } from '../../core/errors.ts';
import { runFolder } from '../../core/library.ts';
import { readProvenance } from '../../core/provenance/read.ts';
import { listRuns, summarizeRun } from '../../core/run/catalogue.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import { stepOfCheckpoint } from '../../core/run/which-checkpoint.ts';
import { countOf } from '../../core/words.ts';
import { defined } from '../defined.ts';
import type { CallResult } from '../ipc/contract.ts';
import type { Picture } from '../ipc/export-contract.ts';

/** @throws UserError when the pixels are not as many as the picture says */
export async function pictureAsPng(home: string, { origin, ...raster }: Picture): Promise<Uint8Array> {
  const { height, width, channels, data } = raster;
  const expected = height * width * channels;
  if (data.length !== expected) {
    throw new UserError(
      `The picture has ${countOf(data.length, 'value')} where ${width} × ${height} pixels have ${expected.toLocaleString('en-US')}.`,
    );
  }
  return encodePng(raster, origin === null ? {} : await textOf(home, origin));
}

async function textOf(
  home: string,
  { runId, checkpoint, index, ...draw }: NonNullable<Picture['origin']>,
): Promise<PngText> {
  const folder = runFolder(home, runId);
  const step = await stepOfCheckpoint(folder, checkpoint ?? 'newest');
  const details = { ...drawDetails(defined(draw)), index };
  return provenanceOf(await readRunManifest(folder), step ?? (await summarizeRun(home, runId)).step, details);
}

/** What a file says of the run that drew it; null for any other file. */
export async function originOfFile(home: string, path: string): Promise<CallResult<'files.origin'>> {
  let origin: Record<string, unknown>;
  try {
    ({ origin } = await readProvenance(path));
  } catch (error) {
    // Whoever wants its images hears what else is wrong with it.
    if (error instanceof UserError) return null;
    throw error;
  }
  const { run, step } = origin;
  if (typeof run !== 'string') return null;
  const found = (await listRuns(home)).find(({ id }) => id === run);
  return {
    run,
    here: found !== undefined,
    stepHere: found?.checkpoints.includes(Number(step)) ?? false,
    origin,
  };
}
