/** Kills, torn writes and failures at every operation on files, of every scenario. */
import path from 'node:path';
import type { Bench, Kind, Outcome } from '../case.ts';
import type { Told } from '../crew.ts';
import { speechProblems } from '../judge.ts';
import { SCENARIOS } from '../scenarios.ts';
import { ERRORS, type ErrorName, type Orders } from '../shim.ts';
import { hasLocks, leftOversIn } from '../snapshot.ts';
import { afterwards, newPlace, scenarioNamed } from '../tried.ts';

/** Numbers of the operations of a scenario that are worth a case. */
interface Points {
  changes: readonly number[];
  reads: readonly number[];
}

const found = new Map<string, Promise<Points>>();

/**
 * The operations of a scenario when nothing is in its way.
 *
 * @throws Error when it does not do what it should even when it is left alone
 */
function pointsOf(bench: Bench, scenario: string): Promise<Points> {
  let points = found.get(scenario);
  if (points === undefined) {
    points = findPoints(bench, scenario);
    found.set(scenario, points);
  }
  return points;
}

async function findPoints(bench: Bench, scenario: string): Promise<Points> {
  const { told, outcome } = await disturbed(bench, scenario, { mode: 'count', scope: 'both' }, true);
  if (told.code !== 0 || outcome.problems.length > 0) {
    throw new Error(
      `"${scenario}" fails without torture: ${outcome.problems.join('; ')}\n${outcome.detail.join('\n')}`,
    );
  }
  const lines = (scope: string): string[] => told.trace.filter((line) => line.startsWith(`${scope} `));
  return { changes: worthACase(lines('changes')), reads: worthACase(lines('reads')) };
}

/** Of a row of writes to one file, or of reads, the first two, the last, and one of the others. */
export function worthACase(trace: readonly string[]): number[] {
  const numbers: number[] = [];
  for (let start = 0, end = 0; start < trace.length; start = end) {
    while (end < trace.length && trace[end] === trace[start]) end++;
    const row = [start, start + 1, (start + end) >> 1, end - 1].filter((at) => at >= start && at < end);
    numbers.push(...new Set(row.map((at) => at + 1)));
  }
  return numbers;
}

/** Long enough for a command that waits for room to say so. */
const ROOM_AFTER_MS = 4000;

async function disturbed(
  bench: Bench,
  name: string,
  orders: Orders,
  always = false,
): Promise<{ told: Told; outcome: Outcome }> {
  const scenario = scenarioNamed(name);
  const place = newPlace(bench);
  const victim = await bench.crew.take(scenario.tensors);
  const room = orders.mode === 'fail-on' ? setTimeout(() => victim.control?.off(), ROOM_AFTER_MS) : undefined;
  let told: Told;
  try {
    told = await victim.run({ args: scenario.args(place), orders, folder: `${bench.folder}/case` });
  } finally {
    clearTimeout(room);
    // A command ends with its process, and with that what it still holds.
    const folder = path.dirname(place.home);
    if (hasLocks(folder) || leftOversIn(folder).length > 0) await victim.close();
    await bench.crew.giveBack(victim);
  }
  const outcome = await afterwards(bench, scenario, place, told, { always });
  if (told.code !== null || told.hung) outcome.problems.unshift(...speechProblems(told));
  return { told, outcome };
}

/**
 * `scenario/number` of the n-th case: the scenarios in turn, and of each its operations in an order in which any
 * stretch is spread over all of them.
 */
async function spread(
  bench: Bench,
  scope: keyof Points,
  number: number,
  seed: number,
  scenarios = Object.keys(SCENARIOS),
): Promise<string> {
  const name = scenarios[number % scenarios.length]!;
  const round = Math.floor(number / scenarios.length);
  const own = (await pointsOf(bench, name))[scope];
  return `${name}/${own[placeOf(round, own.length, seed)]!}`;
}

/** The place of a round among `count`: near the golden section after the last one, and all of them once in `count` rounds. */
export function placeOf(round: number, count: number, seed: number): number {
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (gcd(stride, count) !== 1) stride++;
  return (seed + round * stride) % count;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

function parsed(name: string): { scenario: string; at: number; more: string[] } {
  const [scenario = '', at = '', ...more] = name.split('/');
  return { scenario, at: Number(at), more };
}

const errors = Object.keys(ERRORS) as ErrorName[];
const SCENARIO_COUNT = Object.keys(SCENARIOS).length;
/** Another one in each round. */
const errorOf = (number: number): ErrorName =>
  errors[(number + Math.floor(number / SCENARIO_COUNT)) % errors.length]!;

export const OPERATION_KINDS: Readonly<Record<string, Kind>> = {
  kill: {
    ...{ title: 'kills at an operation on files', share: 7, shim: true },
    name: (number, seed, bench) => spread(bench, 'changes', number, seed),
    async run(bench, name) {
      const { scenario, at } = parsed(name);
      return (await disturbed(bench, scenario, { mode: 'kill', at })).outcome;
    },
  },
  tear: {
    ...{ title: 'kills in the middle of a write', share: 2, shim: true },
    name: (number, seed, bench) => spread(bench, 'changes', number, seed + 1),
    async run(bench, name) {
      const { scenario, at } = parsed(name);
      return (await disturbed(bench, scenario, { mode: 'tear', at })).outcome;
    },
  },
  fail: {
    ...{ title: 'an operation that fails', share: 1.5, shim: true },
    name: async (number, seed, bench) => `${await spread(bench, 'changes', number, seed)}/${errorOf(number)}`,
    run: (bench, name) => failing(bench, name, { mode: 'fail' }),
  },
  'fail-on': {
    ...{ title: 'a disk that takes nothing from an operation on', share: 1, shim: true },
    name: async (number, seed, bench) => `${await spread(bench, 'changes', number, seed)}/${errorOf(number)}`,
    run: (bench, name) => failing(bench, name, { mode: 'fail-on' }),
  },
  read: {
    ...{ title: 'reading that fails', share: 1, shim: true },
    name: async (number, seed, bench) => `${await spread(bench, 'reads', number, seed)}/EIO`,
    run: (bench, name) => failing(bench, name, { mode: 'fail', scope: 'reads' }),
  },
};

async function failing(bench: Bench, name: string, orders: Orders): Promise<Outcome> {
  const { scenario, at, more } = parsed(name);
  const error = more[0] as ErrorName;
  const { told, outcome } = await disturbed(bench, scenario, { ...orders, at, error });
  // What may fail in silence leaves nothing undone that matters: removing, closing, times.
  const matters = /^(write|fsync|fdatasync|rename|ftruncate|mkdir|open|link|read)\b/.test(told.hit ?? '');
  if (matters && told.code === 0 && told.stderr === '' && orders.scope !== 'reads') {
    outcome.came = 'went on in silence';
  }
  return outcome;
}
