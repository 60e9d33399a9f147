/** The library that every case begins with a copy of, and what commands make of it when nothing is in their way. */
import fs from 'node:fs';
import path from 'node:path';
import { listTrash } from '../core/data/trash.ts';
import { listRuns } from '../core/run/catalogue.ts';
import { lastTensors } from './check.ts';
import type { Crew, Run } from './crew.ts';
import { makeMaterial, type Material } from './material.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

export interface Template {
  home: string;
  material: Material;
  /** Its files. */
  files: Snapshot;
  /** Ids of its runs: one that has finished, and one that was stopped half way. */
  done: string;
  part: string;
  runs: string[];
  /** Path in the library of a data set in the trash, called `gone`. */
  trashed: string;
  /** Weights as they were exported of the finished run. */
  weights: string;
  /** The finished run as one archive. */
  archive: string;
  /** The weights of the last step: those of the other run must be the same in the end. */
  tensors: string;
}

/** Makes it in a folder. @throws Error when a command fails, which has then nothing to do with torture */
export async function makeTemplate(folder: string, crew: Crew): Promise<Template> {
  const home = path.join(folder, 'library');
  fs.mkdirSync(folder, { recursive: true });
  const material = await makeMaterial(folder);
  const run = async (args: string[], more: Partial<Run> = {}): Promise<void> => {
    const { code, stderr, stdout } = await crew.run({ args: [...args, '--home', home], ...more }, true);
    const expected = more.stopAt === undefined ? code === 0 : code !== 0 && code !== null;
    if (!expected) throw new Error(`covae ${args.join(' ')} ended with ${code}: ${stderr}\n${stdout}`);
  };
  await run(['data', 'import', material.images, '--name', 'set', '--hold-out', '0.25']);
  await run(['data', 'import', material.others, '--name', 'other']);
  await run(['data', 'import', material.others, '--name', 'gone']);
  await run(['data', 'remove', 'gone']);
  const train = ['train', '--data', 'set', '--preset', material.preset, '--json'];
  await run([...train, '--name', 'done']);
  await run([...train, '--name', 'part'], { stopAt: STOPPED_AT });
  const runs = await listRuns(home);
  const idOf = (name: string): string => runs.find((found) => found.name === name)!.id;
  const weights = path.join(folder, 'weights.safetensors');
  await run(['weights', 'export', idOf('done'), '--out', weights]);
  const archive = path.join(folder, 'done.zip');
  await run(['runs', 'export', idOf('done'), '--out', archive]);
  const [trashed] = await listTrash(home);
  return {
    ...{ home, material, weights, archive, files: snapshotOf(home), done: idOf('done'), part: idOf('part') },
    runs: runs.map(({ id }) => id),
    trashed: path.join('datasets', '.trash', trashed!.id),
    tensors: lastTensors(home, idOf('done')),
  };
}

/** Steps of the run that was stopped. */
export const STOPPED_AT = 4;
