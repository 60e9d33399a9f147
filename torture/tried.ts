/** A scenario that is disturbed: from a copy of the template to what must hold after the next start. */
import fs from 'node:fs';
import path from 'node:path';
import { errorCode } from '../core/files.ts';
import { type Bench, detailOf, homeOf, type Outcome } from './case.ts';
import { checkLibrary, type Expected } from './check.ts';
import type { Told } from './crew.ts';
import { runOf, savedSteps, speechProblems } from './judge.ts';
import { type Place, type Scenario, SCENARIOS } from './scenarios.ts';
import { copyFolder, leftOversIn, stateKey } from './snapshot.ts';

export function scenarioNamed(name: string): Scenario {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) {
    throw new Error(`no scenario "${name}"; there are ${Object.keys(SCENARIOS).join(', ')}`);
  }
  return scenario;
}

/** A fresh copy of the template. */
export function newPlace(bench: Bench): Place {
  const folder = path.join(bench.folder, 'case');
  clear(folder);
  const place = { home: homeOf(bench), out: path.join(folder, 'out'), template: bench.template };
  fs.mkdirSync(place.out, { recursive: true });
  copyFolder(bench.template.home, place.home);
  return place;
}

/** Removes a folder; again where what the case before was still about puts a file there meanwhile. */
function clear(folder: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let left = 30; ; left--) {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (left === 0 || errorCode(error) !== 'ENOTEMPTY') throw error;
      Atomics.wait(pause, 0, 0, 100);
    }
  }
}

/** What must still be there after a command of a scenario, by what it had told until its end. */
export function expectedOf(place: Place, scenario: Scenario, stdout: string): Expected {
  const least = new Map<string, number>();
  const trained = scenario.run?.(place);
  if (trained !== undefined) least.set(trained.id, trained.least);
  const id = trained?.id ?? runOf(stdout);
  const saved = savedSteps(stdout);
  if (id !== null && saved.length > 0) least.set(id, Math.max(...saved, least.get(id) ?? 0));
  return {
    ...{ before: place.template.files, touched: scenario.touched(place), least },
    unlogged: scenario.unlogged ?? false,
  };
}

/**
 * Looks at the library after a disturbed command, goes on as a person would, and looks again.
 *
 * @param told of the disturbed command
 * @param always also where a state like this one was gone on from before
 */
export async function afterwards(
  bench: Bench,
  scenario: Scenario,
  place: Place,
  told: Told,
  { always = false } = {},
): Promise<Outcome> {
  const folder = path.dirname(place.home);
  const expected = expectedOf(place, scenario, told.stdout);
  const detail = detailOf(scenario.args(place), told);
  const problems = await checkLibrary(place.home, expected);
  const came = told.code === null ? 'killed' : told.code === 0 ? 'went on' : 'refused';
  const key = `${scenario.args(place)[0] ?? ''} ${scenario.args(place)[1] ?? ''} ${stateKey(folder)}`;
  if (problems.length > 0 || (!always && bench.seen.has(key))) return { problems, came, detail };
  bench.seen.add(key);
  for (const { args, orRefuses } of await scenario.following(place)) {
    const next = await bench.crew.run({ args }, scenario.tensors);
    detail.push(...detailOf(args, next));
    problems.push(...speechProblems(next).map((text) => `the command after it: ${text}`));
    if (next.code !== 0 && orRefuses?.test(next.stderr) !== true) {
      problems.push(`the command after it ended with ${next.signal ?? next.code}: ${next.stderr}`);
    }
  }
  if (problems.length === 0) problems.push(...(await scenario.problems(place)));
  if (problems.length === 0) problems.push(...(await checkLibrary(place.home, expected)));
  problems.push(...leftOversIn(folder).map((name) => `left behind: ${name}`));
  return { problems, came, detail };
}
