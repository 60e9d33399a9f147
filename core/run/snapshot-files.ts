/** The snapshots of averages that a training leaves in its run's folder: `averages/step-00000500.safetensors`. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { errorCode, readProblem } from '../files.ts';

const NAME = /^step-(\d{8,})\.safetensors$/;

/** Where the snapshots of a run lie. */
export function snapshotsFolder(runDir: string): string {
  return path.join(runDir, 'averages');
}

/** Where the snapshot of a step lies. */
export function snapshotFile(runDir: string, step: number): string {
  return path.join(snapshotsFolder(runDir), `step-${String(step).padStart(8, '0')}.safetensors`);
}

/**
 * Steps of the snapshots of a run, by rising step; none where the folder is not there.
 * @throws UserError when the folder cannot be read
 */
export async function listSnapshots(runDir: string): Promise<number[]> {
  const folder = snapshotsFolder(runDir);
  try {
    return (await fs.readdir(folder))
      .flatMap((name) => {
        const [, step] = NAME.exec(name) ?? [];
        return step === undefined ? [] : [Number(step)];
      })
      .sort((a, b) => a - b);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, folder);
  }
}
