/** Damage to every kind of file: refused, or told, or without effect; never used in silence. */
import fs from 'node:fs';
import path from 'node:path';
import { caseSeed, Random } from '../../fuzz/random.ts';
import { listDatasets } from '../../core/data/catalogue.ts';
import { listRuns } from '../../core/run/catalogue.ts';
import { type Bench, detailOf, type Kind, type Outcome } from '../case.ts';
import { COMMANDS, type ReadingCommand } from '../commands.ts';
import type { Told } from '../crew.ts';
import { speechProblems } from '../judge.ts';
import { damage, fileOf, TARGETS } from '../mutated-files.ts';
import type { Place } from '../scenarios.ts';
import { lostOf, snapshotOf } from '../snapshot.ts';
import { newPlace } from '../tried.ts';

/** File and command by turns. */
const PAIRS = Object.entries(TARGETS).flatMap(([target, { commands }]) =>
  commands.map((command) => `${target}/${command}`),
);

export const mutation: Kind = {
  ...{ title: 'a damaged file', share: 4, shim: false },
  name: (number, seed) => {
    // Of each target as many, whatever the number of its commands.
    const targets = Object.keys(TARGETS);
    const target = targets[number % targets.length]!;
    const own = PAIRS.filter((pair) => pair.startsWith(`${target}/`));
    return `${own[Math.floor(number / targets.length) % own.length]!}/${caseSeed(seed, number).toString(16)}`;
  },
  async run(bench, name) {
    const [target = '', command = '', seed = ''] = name.split('/');
    return tryDamage(bench, target, command, parseInt(seed, 16));
  },
};

function placeFor(bench: Bench): Place {
  const place = newPlace(bench);
  const folder = path.dirname(place.home);
  fs.copyFileSync(bench.template.material.preset, path.join(folder, 'preset.json'));
  fs.cpSync(bench.cache, path.join(folder, 'cache'), { recursive: true });
  return place;
}

async function runIn(bench: Bench, place: Place, command: ReadingCommand): Promise<Told> {
  const cache = path.join(path.dirname(place.home), 'cache');
  return bench.crew.run({ args: command.args(place), cache }, command.tensors);
}

/** What a command makes of an undamaged library, by its name. */
const good = new Map<string, Promise<string>>();

function goodResult(bench: Bench, name: string): Promise<string> {
  let result = good.get(name);
  if (result === undefined) {
    result = makeGood(bench, name);
    good.set(name, result);
  }
  return result;
}

async function makeGood(bench: Bench, name: string): Promise<string> {
  const command = COMMANDS[name]!;
  // In a folder of its own, so that other cases of this worker are not in its way.
  const own = { ...bench, folder: path.join(bench.folder, `good-${name.replace(/\W/g, '-')}`) };
  fs.mkdirSync(own.folder, { recursive: true });
  const place = placeFor(own);
  const told = await runIn(bench, place, command);
  if (told.code !== 0 || complaints(told) !== '') {
    throw new Error(`"${name}" fails without damage: ${detailOf(command.args(place), told).join('\n')}`);
  }
  return command.result(place, told);
}

/** What a command says on stderr, without alarms: a training of a few steps has learned nothing, and says so. */
function complaints({ stderr }: Told): string {
  return stderr.replaceAll(/^(?:Modes|Posterior) collapsed at step .*\n?/gm, '');
}

async function tryDamage(
  bench: Bench,
  targetName: string,
  commandName: string,
  seed: number,
): Promise<Outcome> {
  const target = TARGETS[targetName]!;
  const command = COMMANDS[commandName]!;
  const expected = await goodResult(bench, commandName);
  const place = placeFor(bench);
  const random = new Random(seed);
  const file = fileOf(place, target, random);
  const how = damage(file, target, random);
  const detail = [`${path.relative(path.dirname(place.home), file)}: ${how ?? 'nothing that matters'}`];
  if (how === null) return { problems: [], came: 'the same', detail };
  const before = snapshotOf(place.home);
  const lists = await listed(place.home);
  const told = await runIn(bench, place, command);
  detail.push(...detailOf(command.args(place), told));
  const problems = [...lists, ...speechProblems(told), ...elsewhere(place, before)];
  if (told.code !== 0) return { problems, came: 'refused', detail };
  if (isTold(told)) return { problems, came: 'told', detail };
  if (target.hashed === true) problems.push(`in silence: ${targetName} is not what was written`);
  else if (expected !== '') {
    const result = await command.result(place, told).catch(String);
    if (result !== expected) {
      problems.push(`in silence: another result`);
      detail.push(`expected:\n${expected}\nfound:\n${result}`);
    }
  }
  return { problems, came: 'without effect', detail };
}

/** Lists never fail for one damaged part. */
async function listed(home: string): Promise<string[]> {
  try {
    const [datasets, runs] = [await listDatasets(home), await listRuns(home)];
    return datasets.length === 2 && runs.length === 2 ? [] : ['a list leaves out what is damaged'];
  } catch (error) {
    return [`a list fails: ${String(error)}`];
  }
}

/** What the command changed where it had nothing to do. */
function elsewhere({ home, template }: Place, before: ReturnType<typeof snapshotOf>): string[] {
  const after = snapshotOf(home);
  const others = [path.join('runs', template.done), path.join('datasets', 'other'), template.trashed];
  return others.flatMap((below) => lostOf(before, after, below));
}

function isTold(told: Told): boolean {
  const { stdout } = told;
  return (
    /\S/.test(complaints(told)) ||
    /damaged|not what|differs?\b|altered|missing|shorter|passed over|no longer/i.test(stdout)
  );
}
