/** Disks that are really full: a small file system in memory, where mounting one is allowed. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { caseSeed, Random } from '../../fuzz/random.ts';
import type { Kind } from '../case.ts';
import { speechProblems } from '../judge.ts';
import { afterwards, newPlace, scenarioNamed } from '../tried.ts';

const FILLED = [
  ...['train', 'resume', 'resume --from', 'data import', 'data rename', 'weights import', 'sample'],
  ...['weights export', 'data export npz', 'experiment', 'data remove', 'data trash --empty'],
];
const PLENTY = 'size=256m';
/** A command that waits for room has said so by then. */
const ROOM_AFTER_MS = 5000;
const BLOCK = 4096;

const mounted = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;

/** Whether a file system in memory can be mounted below a folder. */
export function canMount(folder: string): boolean {
  const point = path.join(folder, 'mount-trial');
  fs.mkdirSync(point, { recursive: true });
  const can = mounted('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', point);
  if (can) spawnSync('umount', [point]);
  fs.rmdirSync(point);
  return can;
}

export const disk: Kind = {
  ...{ title: 'a full disk, with room later', share: 1, shim: false },
  name: (number, seed) => `${FILLED[number % FILLED.length]!}/${caseSeed(seed, number).toString(16)}`,
  async run(bench, name) {
    const [scenarioName = '', seed = ''] = name.split('/');
    const scenario = scenarioNamed(scenarioName);
    const chance = new Random(parseInt(seed, 16));
    const folder = path.join(bench.folder, 'disk');
    fs.mkdirSync(folder, { recursive: true });
    if (!mounted('-t', 'tmpfs', '-o', PLENTY, 'tmpfs', folder)) throw new Error('mounting failed');
    try {
      const own = { ...bench, folder };
      const place = newPlace(own);
      const { blocks, bfree } = fs.statfsSync(folder);
      const room = BLOCK * chance.below(chance.pick([4, 40, 200]));
      mounted('-o', `remount,size=${BLOCK * (blocks - bfree) + room}`, folder);
      const timer = setTimeout(() => mounted('-o', `remount,${PLENTY}`, folder), ROOM_AFTER_MS);
      const told = await bench.crew.run({ args: scenario.args(place) }, scenario.tensors);
      clearTimeout(timer);
      mounted('-o', `remount,${PLENTY}`, folder);
      const outcome = await afterwards(own, scenario, place, told, { always: true });
      outcome.problems.unshift(...speechProblems(told));
      outcome.detail.unshift(`with ${room} bytes of room`);
      return outcome;
    } finally {
      spawnSync('umount', ['-l', folder]);
    }
  },
};
