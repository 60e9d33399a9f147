/** Answers the window's calls that are about data sets and imports, in a plain browser. */
import type { DatasetRecord } from '../../core/data/dataset.ts';
import { DEFAULT_SETTINGS } from '../../main/ipc/contract.ts';
import type {
  CallName,
  CallParams,
  CallResult,
  EventName,
  EventPayload,
  ImportJob,
  PixelCallName,
  PixelParams,
  PixelResult,
} from '../../main/ipc/contract.ts';
import { dataset, type DatasetEntry, fakeMeasurements, fakeImages, SKIPPED } from './fake-datasets.ts';
import { chance } from './fake-images.ts';
import { fakePreview } from './fake-preview.ts';

type DatasetCall = Extract<CallName, `datasets.${string}`>;
type DatasetPixelCall = Extract<PixelCallName, `dataset.${string}` | `import.${string}`>;
type Calls = { [C in DatasetCall]: (params: CallParams<C>) => CallResult<C> | Promise<CallResult<C>> };
type Pixels = { [C in DatasetPixelCall]: (params: PixelParams<C>) => PixelResult<C> };
type Emit = <E extends EventName>(event: E, payload: EventPayload<E>) => void;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** The part of the fake application that is about data sets. `entries` is shared with the rest of it. */
export function fakeDatasetCalls(
  entries: DatasetEntry[],
  scene: string,
  emit: Emit,
): { calls: Calls; pixels: Pixels } {
  let jobs: ImportJob[] = [];
  let working = false;
  const trash = new Map<string, DatasetEntry>();

  if (scene === 'importing') {
    const settings = fakeSettings();
    jobs = [
      {
        ...{
          jobId: 'x',
          name: 'bad',
          request: { kind: null, paths: ['/home/mira/Downloads/photos.zip'] },
          settings,
        },
        ...{ state: 'failed', progress: null },
        problem:
          '/home/mira/Downloads/photos.zip ends in the middle of its list of files; download it again.',
      },
      {
        ...{
          jobId: 'y',
          name: 'portraits',
          request: { kind: 'folder', paths: ['/data/portraits'] },
          settings,
        },
        ...{ state: 'waiting', progress: null, problem: null },
      },
    ];
  }

  const find = (name: string): DatasetRecord => {
    const record = entries.find((entry) => entry.name === name)?.record;
    if (!record) throw new Error(`There is no data set “${name}”.`);
    return record;
  };
  const labelOf = (index: number, classes: number) => Math.floor(chance(index % 997, 6) * classes);
  const setJobs = (next: ImportJob[]) => {
    jobs = next;
    emit('datasets.imports', jobs);
  };

  async function work(): Promise<void> {
    if (working) return;
    working = true;
    for (let job = next(); job; job = next()) await run(job);
    working = false;
  }
  const next = () => jobs.find(({ state }) => state === 'waiting');

  async function run({ jobId, name, request, settings }: ImportJob): Promise<void> {
    const change = (part: Partial<ImportJob>) =>
      setJobs(jobs.map((job) => (job.jobId === jobId ? { ...job, ...part } : job)));
    change({ state: 'running' });
    const total = request.kind === 'sample' ? 10_000 : 24_000;
    for (let done = 0; done <= total; done += total / 60) {
      await sleep(100);
      if (jobs.find((job) => job.jobId === jobId)?.state === 'cancelling') {
        setJobs(jobs.filter((job) => job.jobId !== jobId));
        return;
      }
      const progress = {
        phase: 'reading' as const,
        done,
        total: done === 0 ? null : total,
        skipped: 2,
        imagesPerSecond: total / 6,
        secondsLeft: (total - done) / (total / 6),
      };
      jobs = jobs.map((job) => (job.jobId === jobId ? { ...job, progress } : job));
      emit('datasets.progress', { jobId, progress });
    }
    const size = settings.size ?? (request.kind === 'sample' ? 28 : 32);
    const channels = settings.channels ?? (request.kind === 'sample' ? 1 : 3);
    entries.push(
      dataset(name, total, size, channels, request.paths[0] ?? 'mnist', { skipped: SKIPPED.slice(1) }),
    );
    setJobs(jobs.filter((job) => job.jobId !== jobId));
    emit('datasets.imported', { jobId, name, count: total, skipped: 2 });
    emit('library.changed', { what: 'datasets' });
  }
  const calls: Calls = {
    'datasets.list': () => [...entries],
    'datasets.choose': ({ what }) =>
      what === 'folder' ? ['/home/mira/Pictures/Große Sammlung (2)'] : ['/home/mira/Downloads/faces.zip'],
    'datasets.sortPaths': ({ paths }) => {
      const images = paths.filter((path) => /\.(png|jpe?g)$/i.test(path));
      return [
        ...(images.length > 0 ? [{ kind: 'files' as const, paths: images }] : []),
        ...paths.filter((path) => !images.includes(path)).map((path) => ({ kind: null, paths: [path] })),
      ];
    },
    'datasets.keepPasted': () => ({ path: '/home/mira/CoVAE/pasted/2026-03-02 14.05.00.png' }),
    'datasets.import': (order) => {
      setJobs([...jobs, { ...order, state: 'waiting', progress: null, problem: null }]);
      void work();
      return {};
    },
    'datasets.imports': () => {
      void work();
      return jobs;
    },
    'datasets.cancelImport': ({ jobId }) => {
      const running = jobs.find((job) => job.jobId === jobId)?.state === 'running';
      setJobs(
        running
          ? jobs.map((job) => (job.jobId === jobId ? { ...job, state: 'cancelling' as const } : job))
          : jobs.filter((job) => job.jobId !== jobId),
      );
      return {};
    },
    'datasets.endPreview': () => ({}),
    'datasets.again': ({ name }) => {
      const { source, settings } = find(name);
      const { kind, paths, choices } = source;
      const again =
        kind === 'drawn'
          ? { kind: 'dataset' as const, paths: [name] }
          : { kind, paths, ...choices, again: name };
      return { request: again, settings: settings ?? DEFAULT_SETTINGS };
    },
    'datasets.labels': ({ name, indices }) => {
      const { classes } = find(name);
      return indices.map((index) => classes?.[labelOf(index, classes.length)] ?? null);
    },
    'datasets.origins': ({ indices }) => indices.map((index) => `scans/IMG_${1000 + index}.jpeg`),
    'datasets.rename': ({ name, to }) => {
      const entry = entries.find((other) => other.name === name);
      if (!entry?.record) throw new Error(`There is no data set “${name}”.`);
      entry.name = to;
      entry.record = { ...entry.record, name: to };
      return {};
    },
    'datasets.remove': ({ name }) => {
      const at = entries.findIndex((entry) => entry.name === name);
      const [entry] = entries.splice(at, 1);
      if (entry) trash.set(name, entry);
      return { token: name };
    },
    'datasets.restore': ({ token }) => {
      const entry = trash.get(token);
      if (entry) entries.push(entry);
      trash.delete(token);
      return { name: token };
    },
    'datasets.trash': () =>
      [...trash.values()].map(({ name, record }) => ({
        ...{ token: name, name, removedAt: '2026-03-01T10:00:00.000Z', count: record?.count ?? null },
        bytes: record ? record.count * record.height * record.width * record.channels : 0,
      })),
    'datasets.discard': ({ token }) => {
      trash.delete(token);
      return {};
    },
    'datasets.emptyTrash': () => {
      trash.clear();
      return {};
    },
    'datasets.reveal': () => ({}),
    'datasets.relocate': ({ name }) => {
      const entry = entries.find((other) => other.name === name);
      if (entry) Object.assign(entry, { problem: null, missing: false });
      return true;
    },
    'datasets.forget': ({ name }) => {
      const at = entries.findIndex((entry) => entry.name === name);
      if (at >= 0) entries.splice(at, 1);
      return {};
    },
  };

  const pixels: Pixels = {
    'dataset.images': ({ name, start, count }) => {
      const record = find(name);
      const within = Math.max(0, Math.min(count, record.count - start));
      return fakeImages(
        record,
        Array.from({ length: within }, (_, index) => start + index),
      );
    },
    'dataset.imagesAt': ({ name, indices }) => fakeImages(find(name), indices),
    'dataset.labels': ({ name }) => {
      const { count, classes = [], heldOut } = find(name);
      return {
        width: 1,
        labels: Uint8Array.from({ length: classes.length > 0 ? count : 0 }, (_, index) =>
          labelOf(index, classes.length),
        ),
        split: Uint8Array.from({ length: heldOut > 0 ? count : 0 }, (_, index) => Number(index % 10 === 0)),
      };
    },
    'dataset.measurements': ({ name }) => fakeMeasurements(find(name)),
    'import.preview': fakePreview,
  };

  return { calls, pixels };
}

function fakeSettings(): ImportJob['settings'] {
  return {
    ...{ size: 32, channels: 3, fit: 'crop', padColour: '#000000', background: '#ffffff', minSide: 0 },
    ...{ dedupe: false, holdOut: 0, classes: 'auto', flip: 'auto' },
  };
}
