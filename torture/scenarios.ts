/** The commands that are tortured, and what to do and to look at afterwards. */
import fs from 'node:fs';
import path from 'node:path';
import { listDatasets } from '../core/data/catalogue.ts';
import { listTrash } from '../core/data/trash.ts';
import { listRuns } from '../core/run/catalogue.ts';
import { findDataset } from '../core/run/run-dataset.ts';
import { readRunManifest } from '../core/run/run-folder.ts';
import { runFolder } from '../core/library.ts';
import { finishedProblems } from './check.ts';
import { leftOversIn, lostOf, snapshotOf } from './snapshot.ts';
import type { Template } from './template.ts';

/** Where a case works: a copy of the template's library, and a folder for what is written beside it. */
export interface Place {
  home: string;
  out: string;
  template: Template;
}

/** A command that comes after: the next start. */
export interface Following {
  args: string[];
  /** Sentences with which it may also refuse, since the command before had come to its end. */
  orRefuses?: RegExp;
}

export interface Scenario {
  /** Whether it needs TensorFlow. */
  tensors: boolean;
  args(place: Place): string[];
  /** What it may change of the library, see check.ts. */
  touched(place: Place): string[];
  /** The run that it makes begins with weights from elsewhere. */
  unlogged?: boolean;
  /** The run that it trains further, and the least step that must be left of it. */
  run?: (place: Place) => { id: string; least: number };
  following(place: Place): Promise<Following[]>;
  /** What is wrong when all that followed has been done. */
  problems(place: Place): Promise<string[]>;
}

const preset = ({ template }: Place): string => template.material.preset;
const withHome = ({ home }: Place, ...args: string[]): string[] => [...args, '--home', home];

const training = (place: Place): string[] =>
  withHome(place, 'train', '--data', 'set', '--preset', preset(place), '--name', 'new', '--json');

async function newRuns({ home, template }: Place): Promise<string[]> {
  return (await listRuns(home)).map(({ id }) => id).filter((id) => !template.runs.includes(id));
}

/** Data sets that are not as they should be: a name that is missing, or one too many. */
async function namesProblems({ home }: Place, ...expected: string[]): Promise<string[]> {
  const names = (await listDatasets(home)).map(({ name }) => name);
  return names.join() === expected.sort().join()
    ? []
    : [`the data sets are ${names.join()}, not ${expected.join()}`];
}

/** Runs that do not find their images. */
async function lostImages({ home, template }: Place): Promise<string[]> {
  const names = (await listDatasets(home)).map(({ name }) => name);
  const found = await Promise.all(
    template.runs.map(
      async (id) => (await findDataset(home, await readRunManifest(runFolder(home, id)))).name,
    ),
  );
  return found.filter((name) => !names.includes(name)).map((name) => `a run looks for the data set ${name}`);
}

/** A command that writes `name`, and `beside` with it; all of them appear, or none. */
function outputScenario(
  tensors: boolean,
  [name, ...beside]: [name: string, ...beside: string[]],
  args: (place: Place, file: string) => string[],
): Scenario {
  const file = (place: Place): string => path.join(place.out, name);
  const missing = (place: Place): string[] =>
    [name, ...beside].filter((each) => !fs.existsSync(path.join(place.out, each)));
  return {
    tensors,
    args: (place) => withHome(place, ...args(place, file(place))),
    touched: () => [],
    async following(place) {
      // What is there is whole, and stays; a kill between two names leaves the rest to be asked for.
      const there = fs.existsSync(file(place));
      const part = there && missing(place).length > 0;
      return [
        {
          args: [...this.args(place), ...(part ? ['--force'] : [])],
          ...(there && !part && { orRefuses: /exists|already|is there|not (an )?empty/ }),
        },
      ];
    },
    async problems(place) {
      const others = fs.readdirSync(place.out).filter((each) => each !== name && !beside.includes(each));
      return [
        ...missing(place).map((each) => `${each} was not written`),
        ...others.map((each) => `beside ${name} there is ${each}`),
      ];
    },
  };
}

const resumed = async (place: Place): Promise<string[]> =>
  finishedProblems(place.home, place.template.part, place.template.tensors);
const runPath = (id: string): string => path.join('runs', id);
const dataPath = (name: string): string => path.join('datasets', name);

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  train: {
    tensors: true,
    args: training,
    touched: () => [],
    async following(place) {
      const [id] = await newRuns(place);
      return [
        id === undefined
          ? { args: training(place) }
          : { args: withHome(place, 'resume', id), orRefuses: /has finished/ },
      ];
    },
    async problems(place) {
      const ids = await newRuns(place);
      if (ids.length !== 1) return [`${ids.length} runs were made`];
      return finishedProblems(place.home, ids[0]!, place.template.tensors);
    },
  },
  resume: {
    tensors: true,
    args: (place) => withHome(place, 'resume', place.template.part, '--json'),
    touched: ({ template }) => [runPath(template.part)],
    run: ({ template }) => ({ id: template.part, least: 4 }),
    async following(place) {
      return [{ args: withHome(place, 'resume', place.template.part), orRefuses: /has finished/ }];
    },
    problems: resumed,
  },
  'resume --from': {
    tensors: true,
    args: (place) => withHome(place, 'resume', place.template.part, '--from', '2', '--json'),
    touched: ({ template }) => [runPath(template.part)],
    run: ({ template }) => ({ id: template.part, least: 2 }),
    async following(place) {
      return [{ args: withHome(place, 'resume', place.template.part), orRefuses: /has finished/ }];
    },
    problems: resumed,
  },
  'data import': {
    tensors: false,
    args: (place) => withHome(place, 'data', 'import', place.template.material.others, '--name', 'new'),
    touched: () => [],
    async following(place) {
      return [{ args: this.args(place), orRefuses: /already|exists/ }];
    },
    problems: (place) => namesProblems(place, 'set', 'other', 'new'),
  },
  'data duplicate': {
    tensors: false,
    args: (place) => withHome(place, 'data', 'duplicate', 'set', '--name', 'new', '--size', '9'),
    touched: () => [],
    async following(place) {
      return [{ args: this.args(place), orRefuses: /already|exists/ }];
    },
    problems: (place) => namesProblems(place, 'set', 'other', 'new'),
  },
  'data rename': {
    tensors: false,
    args: (place) => withHome(place, 'data', 'rename', 'set', 'named'),
    touched: ({ template }) => [
      dataPath('set'),
      ...template.runs.map((id) => path.join(runPath(id), 'run.json')),
    ],
    async following(place) {
      return [{ args: this.args(place), orRefuses: /no data set "set"/ }];
    },
    problems: async (place) => [
      ...(await namesProblems(place, 'named', 'other')),
      ...(await lostImages(place)),
    ],
  },
  'data remove': {
    tensors: false,
    args: (place) => withHome(place, 'data', 'remove', 'other'),
    touched: () => [dataPath('other')],
    async following(place) {
      return [
        { args: this.args(place), orRefuses: /no data set "other"/ },
        { args: withHome(place, 'data', 'restore', 'other') },
      ];
    },
    problems: (place) => namesProblems(place, 'set', 'other'),
  },
  'data restore': {
    tensors: false,
    args: (place) => withHome(place, 'data', 'restore', 'gone'),
    touched: ({ template }) => [template.trashed],
    async following(place) {
      return [{ args: this.args(place), orRefuses: /no data set "gone"/ }];
    },
    problems: (place) => namesProblems(place, 'set', 'other', 'gone'),
  },
  'data trash --empty': {
    tensors: false,
    args: (place) => withHome(place, 'data', 'trash', '--empty'),
    touched: () => [dataPath('.trash')],
    async following(place) {
      return [{ args: this.args(place) }];
    },
    async problems(place) {
      const left = await listTrash(place.home);
      const names = fs.readdirSync(path.join(place.home, dataPath('.trash')));
      const remains = [...left.map(({ id }) => id), ...names];
      return [
        ...(await namesProblems(place, 'set', 'other')),
        ...(remains.length > 0 ? [`in the trash there is still ${remains.join()}`] : []),
      ];
    },
  },
  'data export npz': outputScenario(false, ['set.npz'], (_, file) => ['data', 'export', 'set', '--to', file]),
  'data export folder': outputScenario(false, ['images'], (_, file) => [
    'data',
    'export',
    'set',
    '--to',
    file,
  ]),
  'weights export': outputScenario(
    true,
    ['out.safetensors', 'out.card.json', 'out.card.md'],
    ({ template }, file) => [...['weights', 'export', template.done, '--out', file]],
  ),
  'weights import': {
    ...{ tensors: true, unlogged: true },
    args: (place) =>
      withHome(
        place,
        'weights',
        'import',
        place.template.weights,
        '--name',
        'new',
        '--data',
        'set',
        '--step',
        '4',
      ),
    touched: () => [],
    async following(place) {
      const [id] = await newRuns(place);
      // One that is there has its weights: it can draw, and goes on from their step.
      return id === undefined
        ? [{ args: this.args(place) }]
        : [
            { args: withHome(place, 'sample', id, '--count', '1', '--out', path.join(place.out, 'one.png')) },
            { args: withHome(place, 'data', 'list') },
          ];
    },
    async problems(place) {
      const made = (await listRuns(place.home)).filter(({ id }) => !place.template.runs.includes(id));
      const [run] = made;
      if (run === undefined || made.length > 1) return [`${made.length} runs were made`];
      return run.drawable && run.step === 4 ? [] : [`the run is at step ${run.step} and has no weights`];
    },
  },
  'weights export onnx': outputScenario(true, ['model'], ({ template }, file) => [
    ...['weights', 'export', template.done, '--as', 'onnx', '--out', file],
  ]),
  'export npz': outputScenario(true, ['set.npz', 'set.npz.json'], ({ template }, file) => [
    ...['export', template.done, '--as', 'npz', '--count', '4', '--out', file],
  ]),
  'export png': outputScenario(true, ['pngs'], ({ template }, file) => [
    ...['export', template.done, '--as', 'png', '--count', '3', '--out', file],
  ]),
  'export dataset': {
    tensors: true,
    args: (place) =>
      withHome(place, 'export', place.template.done, '--as', 'dataset', '--count', '4', '--name', 'new'),
    touched: () => [],
    async following(place) {
      return [{ args: this.args(place), orRefuses: /already|exists/ }];
    },
    problems: (place) => namesProblems(place, 'set', 'other', 'new'),
  },
  walk: outputScenario(true, ['walk.npy', 'walk.npy.json'], ({ template }, file) => [
    ...['walk', template.done, '--from', '1', '--to', '2', '--frames', '3', '--out', file],
  ]),
  'runs report': outputScenario(false, ['report.html'], ({ template }, file) => [
    ...['runs', 'report', template.done, '--out', file],
  ]),
  'runs export': outputScenario(false, ['run.zip'], ({ template }, file) => [
    ...['runs', 'export', template.done, '--out', file],
  ]),
  'runs import': {
    tensors: false,
    args: ({ out, template }) => ['runs', 'import', template.archive, '--home', path.join(out, 'library')],
    touched: () => [],
    async following(place) {
      // Twice is the same as once.
      return [{ args: this.args(place) }];
    },
    async problems({ out, template }) {
      const library = path.join(out, 'library');
      const ids = (await listRuns(library)).map(({ id }) => id);
      const left = leftOversIn(library);
      return [
        ...(ids.join() === template.done ? [] : [`the other library has the runs ${ids.join()}`]),
        ...left.map((name) => `in the other library there is ${name}`),
      ];
    },
  },
  'move-library': {
    tensors: false,
    args: (place) => withHome(place, 'move-library', path.join(place.out, 'moved')),
    // Between two names it is under neither; the next start finds it, see problems.
    touched: ({ template }) => [...new Set([...template.files.keys()].map((name) => name.split('/')[0]!))],
    async following(place) {
      return [{ args: this.args(place), orRefuses: /is there already/ }];
    },
    async problems({ home, out, template }) {
      const moved = path.join(out, 'moved');
      const now = snapshotOf(moved);
      return [
        ...(fs.lstatSync(home).isSymbolicLink() ? [] : ['where the library was there is no link']),
        ...[...template.files.keys()].flatMap((name) => lostOf(template.files, now, name).slice(0, 1)),
      ];
    },
  },
  sample: outputScenario(true, ['samples.png'], ({ template }, file) => [
    ...['sample', template.done, '--count', '4', '--out', file],
  ]),
  'sample --singles': outputScenario(true, ['singles'], ({ template }, file) => [
    ...['sample', template.done, '--count', '3', '--singles', '--out', file],
  ]),
  experiment: {
    tensors: true,
    args: (place) =>
      withHome(place, 'experiment', place.template.material.recipe, '--quick', '--data', 'set', '--json'),
    touched: () => ['experiments'],
    async following(place) {
      return [
        { args: withHome(place, 'experiment', place.template.material.recipe, '--quick', '--data', 'set') },
      ];
    },
    async problems({ home }) {
      const reports = fs.readdirSync(path.join(home, 'experiments'));
      const report = path.join(home, 'experiments', reports[0] ?? '', 'report.md');
      return reports.length === 1 && fs.existsSync(report) ? [] : [`the reports are ${reports.join()}`];
    },
  },
};
