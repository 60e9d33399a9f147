/** The pictures that a training leaves in its run's folder while it learns, always from the same noise and images. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { errorCode, readProblem } from '../files.ts';
import type { GridFile, GridKind } from './grid-kinds.ts';

export type { GridFile, GridKind } from './grid-kinds.ts';

const NAME = /^step-(\d{8,})(?:-(passes-2|reconstructions))?\.png$/;

/** What a file in the folder of samples is; null for what no training has drawn there: kept draws are the person's own. */
export function gridOfName(name: string): GridFile | null {
  const [, step, kind = 'passes-1'] = NAME.exec(name) ?? [];
  return step === undefined ? null : { step: Number(step), kind: kind as GridKind };
}

/** Where a picture of a run lies. */
export function gridFile(runDir: string, { step, kind }: GridFile): string {
  const rest = kind === 'passes-1' ? '' : `-${kind}`;
  return path.join(runDir, 'samples', `step-${String(step).padStart(8, '0')}${rest}.png`);
}

/**
 * All pictures of a run, by rising step.
 *
 * @throws UserError when the folder cannot be read; none when it is not there
 */
export async function listGrids(runDir: string): Promise<GridFile[]> {
  const folder = path.join(runDir, 'samples');
  let names: string[];
  try {
    names = await fs.readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, folder);
  }
  return names
    .map(gridOfName)
    .filter((grid) => grid !== null)
    .sort((a, b) => a.step - b.step || a.kind.localeCompare(b.kind));
}
