/** Whole programs as people start them: killed at any moment, ended by signals, two at once. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { caseSeed, Random } from '../../fuzz/random.ts';
import { runFolder } from '../../core/library.ts';
import { listRuns } from '../../core/run/catalogue.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { type Bench, detailOf, type Kind, type Outcome } from '../case.ts';
import { checkLibrary } from '../check.ts';
import { environment, plainStderr, type Told } from '../crew.ts';
import { runOf, speechProblems } from '../judge.ts';
import type { Place } from '../scenarios.ts';
import { leftOversIn } from '../snapshot.ts';
import { afterwards, expectedOf, newPlace, scenarioNamed } from '../tried.ts';

/** A running `covae`. */
class Program {
  stdout = '';
  stderr = '';
  readonly child;
  readonly ended: Promise<Told>;

  constructor(bench: Bench, args: string[]) {
    this.child = spawn(process.execPath, [bench.cli, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: bench.folder,
      env: environment(bench.folder, bench.cache),
    });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      this.child.kill('SIGKILL');
    }, 1000 * bench.seconds);
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        clearTimeout(timer);
        const [stdout, stderr] = [this.stdout, plainStderr(this.stderr)];
        resolve({ ...{ code, signal, hung, stdout, stderr }, count: 0, hit: null, trace: [] });
      });
    });
  }

  /** Until it has printed something like this, or has ended. */
  async printed(pattern: RegExp): Promise<void> {
    const end = { now: false };
    void this.ended.then(() => (end.now = true));
    while (!pattern.test(this.stdout) && !end.now) await wait(10);
  }
}

const KILLED = [
  'train',
  'resume',
  'resume --from',
  'data import',
  'weights import',
  'experiment',
  'data duplicate',
];
/** Longer than most of these commands take here. */
const LONGEST_MS = 4000;

export const random: Kind = {
  ...{ title: 'kills at any moment', share: 3, shim: false },
  name: (number, seed) => `${KILLED[number % KILLED.length]!}/${caseSeed(seed, number).toString(16)}`,
  async run(bench, name) {
    const [scenarioName = '', seed = ''] = name.split('/');
    const scenario = scenarioNamed(scenarioName);
    const chance = new Random(parseInt(seed, 16));
    const place = newPlace(bench);
    const program = new Program(bench, scenario.args(place));
    // Nothing happens before the library is loaded.
    const longest = scenario.tensors ? LONGEST_MS : LONGEST_MS / 4;
    await Promise.race([wait(chance.between(100, longest)), program.ended]);
    program.child.kill('SIGKILL');
    const told = await program.ended;
    const outcome = await afterwards(bench, scenario, place, told);
    if (told.code !== null) outcome.came = 'had finished';
    return outcome;
  },
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGPIPE', 'SIGKILL'] as const;
/** Of a training that was stopped and saved. */
const STOPPED = 75;

export const signal: Kind = {
  ...{ title: 'signals to a training', share: 0.7, shim: false },
  name: (number, seed) => `${SIGNALS[number % SIGNALS.length]!}/${caseSeed(seed, number).toString(16)}`,
  async run(bench, name) {
    const [which = '', seed = ''] = name.split('/');
    const chance = new Random(parseInt(seed, 16));
    const place = newPlace(bench);
    const args = [
      ...[
        'train',
        '--data',
        'set',
        '--preset',
        place.template.material.preset,
        '--name',
        'new',
        '--steps',
        '5000',
      ],
      ...['--set', 'training.checkpointEvery=40', '--set', 'training.sampleEvery=1000'],
      ...['--home', place.home, '--json'],
    ];
    const program = new Program(bench, args);
    await program.printed(/"event":"progress"/);
    await wait(chance.between(0, 1500));
    // What a pipe does that nobody reads any more.
    if (which === 'SIGPIPE') program.child.stdout.destroy();
    else program.child.kill(which as NodeJS.Signals);
    const told = await program.ended;
    const detail = detailOf(args, { ...told, stdout: told.stdout.slice(-2000) });
    const killed = which === 'SIGKILL';
    const problems = killed ? [] : speechProblems(told).filter((text) => !/without a word/.test(text));
    if (!killed && told.code !== STOPPED)
      problems.push(`it ended with ${told.signal ?? told.code}, not ${STOPPED}`);
    problems.push(
      ...(await checkLibrary(place.home, expectedOf(place, scenarioNamed('train'), told.stdout))),
    );
    const id = runOf(told.stdout);
    if (id === null) return { problems: [...problems, 'no run was told of'], came: 'nothing', detail };
    if (!killed)
      problems.push(...(await notSaved(place, id)), ...leftOversIn(place.home).map((n) => `left: ${n}`));
    return { problems, came: killed ? 'killed' : 'stopped and saved', detail };
  },
};

/** Whether the step at which a training stopped was saved. */
async function notSaved({ home }: Place, id: string): Promise<string[]> {
  const run = (await listRuns(home)).find((found) => found.id === id);
  const logged = await readMetrics(runFolder(home, id));
  const last = logged.at(-1)?.step ?? 0;
  return run?.step === last ? [] : [`it logged step ${last} and saved step ${run?.step ?? 'none'}`];
}

const PAIRS = [
  ['resume', 'resume'],
  ['resume', 'resume --from'],
  ['resume --from', 'resume --from'],
  ['data rename', 'resume'],
  ['data rename', 'data rename'],
  ['data rename', 'data duplicate'],
  ['data import', 'data import'],
  ['data import', 'data duplicate'],
  ['data remove', 'data remove'],
  ['data restore', 'data restore'],
  ['data restore', 'data trash --empty'],
] as const;

export const together: Kind = {
  ...{ title: 'two at once', share: 1, shim: false },
  name: (number, seed) => `${PAIRS[number % PAIRS.length]!.join('+')}/${caseSeed(seed, number).toString(16)}`,
  async run(bench, name) {
    const [pair = '', seed = ''] = name.split('/');
    const scenarios = pair.split('+').map(scenarioNamed);
    const chance = new Random(parseInt(seed, 16));
    const place = newPlace(bench);
    const victims = await Promise.all(scenarios.map(({ tensors }) => bench.crew.take(tensors)));
    const delay = chance.below(chance.pick([1, 60, 800]));
    const tolds = await Promise.all(
      scenarios.map(async (scenario, i) => {
        if (i > 0) await wait(delay);
        return victims[i]!.run({ args: scenario.args(place) });
      }),
    );
    for (const victim of victims) await bench.crew.giveBack(victim);
    return togetherOutcome(bench, place, scenarios, tolds);
  },
};

async function togetherOutcome(
  bench: Bench,
  place: Place,
  scenarios: ReturnType<typeof scenarioNamed>[],
  tolds: Told[],
): Promise<Outcome> {
  const detail = scenarios.flatMap((scenario, i) => detailOf(scenario.args(place), tolds[i]!));
  const expected = scenarios.map((scenario, i) => expectedOf(place, scenario, tolds[i]!.stdout));
  const problems = tolds.flatMap(speechProblems);
  const done = tolds.filter(({ code }) => code === 0).length;
  if (done === 0) problems.push('neither did what it was asked');
  const all = {
    before: place.template.files,
    touched: expected.flatMap(({ touched }) => [...touched]),
    // Who goes back takes checkpoints away that another had told of before.
    least: expected.length > 0 ? new Map([[place.template.part, 2]]) : new Map<string, number>(),
  };
  problems.push(...(await checkLibrary(place.home, all)));
  if (problems.length === 0) {
    const args = ['resume', place.template.part, '--home', place.home];
    const next = await bench.crew.run({ args }, true);
    detail.push(...detailOf(args, next));
    if (next.code !== 0 && !/has finished/.test(next.stderr)) problems.push(`afterwards: ${next.stderr}`);
    problems.push(
      ...(await scenarioNamed('resume').problems(place)),
      ...(await checkLibrary(place.home, {
        ...all,
        touched: [...all.touched, ...scenarioNamed('resume').touched(place)],
      })),
    );
  }
  const left = fs.existsSync(place.home) ? leftOversIn(path.dirname(place.home)) : [];
  problems.push(...left.map((name) => `left behind: ${name}`));
  return { problems, came: done === 2 ? 'both' : 'one refused', detail };
}
