/** Made-up data sets and imports for the window in a plain browser. */
import type { DatasetRecord, ImageBatch } from '../../core/data/dataset.ts';
import { DEFAULT_SETTINGS } from '../../main/ipc/contract.ts';
import type {
  CallName,
  CallParams,
  CallResult,
  EventName,
  EventPayload,
  ImageFlags,
  ImportJob,
  PixelCallName,
  PixelParams,
  PixelResult,
} from '../../main/ipc/contract.ts';
import { batchOf, chance, DIGITS, LONG, picture } from './fake-pictures.ts';

type DatasetEntry = CallResult<'datasets.list'>[number];
type DatasetCall = Extract<CallName, `datasets.${string}`>;
type DatasetPixelCall = Extract<PixelCallName, `dataset.${string}` | `import.${string}`>;
type Calls = { [C in DatasetCall]: (params: CallParams<C>) => CallResult<C> | Promise<CallResult<C>> };
type Pixels = { [C in DatasetPixelCall]: (params: PixelParams<C>) => PixelResult<C> };
type Emit = <E extends EventName>(event: E, payload: EventPayload<E>) => void;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const SKIPPED = [
  { file: 'notes.png', reason: 'is not an image: it holds text' },
  { file: 'IMG_0231.jpeg', reason: 'ends in the middle of the picture' },
  { file: 'scans/panorama.png', reason: 'has 900 million pixels, more than the 100 million that are read' },
];

function dataset(
  name: string,
  count: number,
  size: number,
  channels: 1 | 3,
  path: string,
  more: Partial<DatasetRecord> = {},
): DatasetEntry {
  const isSample = name === 'sample';
  const skipped = more.skipped ?? [];
  const record: DatasetRecord = {
    format: 'covae-dataset',
    version: 2,
    name,
    createdAt: '2026-03-02T14:05:00.000Z',
    count,
    height: size,
    width: size,
    channels,
    source: {
      kind: isSample ? 'sample' : 'folder',
      paths: isSample ? [] : [path],
      description: isSample ? 'The sample digits.' : `A folder with ${count} JPEG images.`,
    },
    settings: null,
    fingerprint: `sha256:${BigInt(count * 1_000 + name.length)
      .toString(16)
      .padStart(64, '0')}`,
    mean: channels === 1 ? [33.3] : [120.7, 110.2, 96.4],
    std: channels === 1 ? [78.6] : [61.2, 58.9, 63.1],
    ...(isSample && { classes: [...DIGITS] }),
    heldOut: 0,
    flip: isSample
      ? { suits: false, reason: 'Mirrored digits would be other signs.' }
      : { suits: true, reason: 'Mirrored images look like the others.' },
    leftOut: { all: skipped.length, duplicates: 0, small: 0 },
    skipped,
    ...more,
  };
  return { record, name, problem: null, missing: false };
}

/** Data sets as a scene begins with them. */
export function fakeDatasets(scene: string): DatasetEntry[] {
  if (scene === 'empty') return [];
  const few = [
    dataset('sample', 10_000, 28, 1, 'mnist'),
    dataset('harbour at dawn', 1_284, 64, 3, '/home/mira/Pictures/harbour at dawn', {
      skipped: SKIPPED,
      heldOut: 128,
    }),
    dataset('mnist-train', 60_000, 32, 1, '/data/mnist/train', { classes: [...DIGITS] }),
    {
      record: null,
      name: 'old scans',
      problem:
        'The data set “old scans” is damaged: pixels.u8 is 1,024 bytes too short; remove it and import it again.',
      missing: false,
    },
  ];
  if (scene === 'many' || scene === 'long') {
    const [sample] = few;
    few.push(
      dataset(LONG, 345_678, 128, 3, `/media/archive/${'very deep folder/'.repeat(6)}${LONG}`, {
        classes: Array.from({ length: 120 }, (_, index) => `a class with quite a long name ${index}`),
        skipped: Array.from({ length: 1_000 }, (_, index) => ({
          file: `${'deep folder/'.repeat(index % 6)}IMG_${1000 + index}.jpg`,
          reason: index % 3 === 0 ? 'ends in the middle of the picture' : 'not an image that can be read',
        })),
        leftOut: { all: 4_211, duplicates: 3_000, small: 12 },
      }),
      dataset('nothing', 0, 32, 3, '/tmp/nothing'),
      {
        record: sample?.record ? { ...sample.record, name: 'on the old disk' } : null,
        name: 'on the old disk',
        problem:
          'Its folder should be /media/old disk/digits, which is not there; connect the disk or find the folder.',
        missing: true,
      },
    );
  }
  if (scene === 'many') {
    for (let index = 0; index < 60; index++) {
      const colour = index % 3 !== 0;
      few.push(
        dataset(
          `${['birds', 'stamps', 'faces', 'tiles', 'maps'][index % 5]} ${1 + Math.floor(index / 5)}`,
          500 + index * 931,
          colour ? 48 : 28,
          colour ? 3 : 1,
          `/home/mira/Pictures/collection ${index}`,
        ),
      );
    }
  }
  return few;
}

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

  const flagsOf = ({ count }: DatasetRecord): ImageFlags => ({
    nearConstant: { total: count > 5_000 ? 2 : 0, images: count > 5_000 ? [17, 391] : [] },
    duplicates: {
      total: count > 1_000 ? 3 : 0,
      groups:
        count > 1_000
          ? [
              [3, 998],
              [12, 55, 901],
            ]
          : [],
    },
    suspicious: {
      total: count > 1_000 ? 1 : 0,
      images: count > 1_000 ? [{ image: 42, reason: 'much brighter than the others' }] : [],
    },
  });

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
      return { request: { kind, paths, ...choices, again: name }, settings: settings ?? DEFAULT_SETTINGS };
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
      return pictures(
        record,
        Array.from({ length: within }, (_, index) => start + index),
      );
    },
    'dataset.imagesAt': ({ name, indices }) => pictures(find(name), indices),
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
    'dataset.measurements': ({ name }) => {
      const record = find(name);
      const { height: size, channels, classes } = record;
      const some = pictures(record, [...Array(60).keys()]);
      const perImage = size * size * channels;
      const mean = new Uint8Array(perImage);
      for (let at = 0; at < perImage; at++) {
        let sum = 0;
        for (let image = 0; image < 60; image++) sum += some.data[image * perImage + at] ?? 0;
        mean[at] = sum / 60;
      }
      const histogram = Array.from({ length: channels }, (_, channel) => {
        const counts = new Array<number>(256).fill(0);
        some.data.forEach((value, at) => {
          if (at % channels === channel) counts[value] = (counts[value] ?? 0) + 1;
        });
        return counts;
      });
      const image: ImageBatch = { count: 1, height: size, width: size, channels, data: mean };
      return {
        histogram,
        meanImage: image,
        flags: flagsOf(record),
        flip: record.flip ?? { suits: null, reason: 'There are too few images to tell.' },
        classCounts: classes?.map((_, index) => 900 + Math.round(300 * chance(index, 9))) ?? null,
      };
    },
    'import.preview': ({ request, settings, count }) => {
      if (request.paths.some((path) => path.includes('bad')))
        throw new Error(`${request.paths[0]} is empty; choose a folder with images.`);
      const isSample = request.kind === 'sample';
      const size = settings.size ?? (isSample ? 28 : 32);
      const channels = settings.channels ?? (isSample ? 1 : 3);
      const shown = Math.min(count, request.kind === 'files' ? request.paths.length : count);
      const classes = isSample ? DIGITS : ['boats', 'people', 'sky', 'water'];
      return {
        pixels: batchOf(shown, size, channels, (index) => picture(index * 31, size, channels)),
        preview: {
          kind: request.kind ?? (request.paths[0]?.endsWith('.zip') ? 'zip' : 'folder'),
          description: isSample
            ? 'The sample: 10,000 handwritten digits of 28 × 28 pixels, a part of MNIST.'
            : `${request.paths[0]?.endsWith('.zip') ? 'A zip archive' : 'A folder'} with 24,000 JPEG images in 4 sub-folders.`,
          total: isSample ? 10_000 : 24_000,
          classes: classes.map((name, index) => ({ name, count: isSample ? 1_000 : 5_000 + 700 * index })),
          unlabelled: 0,
          rivals: [],
          settings: { ...settings, size, channels },
          images: [
            ...Array.from({ length: shown }, (_, index) => ({
              file: `${classes[index % classes.length]}/IMG_${1000 + index * 31}.jpeg`,
              className: classes[index % classes.length] ?? null,
              width: isSample ? 28 : 4000 - (index % 3) * 300,
              height: isSample ? 28 : 3000,
              index,
              reason: null,
            })),
            ...(isSample
              ? []
              : [
                  {
                    file: 'boats/notes.jpeg',
                    className: null,
                    width: null,
                    height: null,
                    index: null,
                    reason: 'not an image',
                  },
                ]),
          ],
          warnings: isSample
            ? []
            : ['12 images have 2 pixels fewer than the size asked for and are enlarged.'],
          flip: isSample
            ? { suits: false, reason: 'Mirrored digits would be other signs.' }
            : { suits: true, reason: 'Mirrored, these images look like the others.' },
        },
      };
    },
  };

  return { calls, pixels };
}

function pictures({ height, channels }: DatasetRecord, indices: readonly number[]): ImageBatch {
  return batchOf(indices.length, height, channels, (at) => picture(indices[at] ?? 0, height, channels));
}

function fakeSettings(): ImportJob['settings'] {
  return {
    ...{ size: 32, channels: 3, fit: 'crop', padColour: '#000000', background: '#ffffff', minSide: 0 },
    ...{ dedupe: false, holdOut: 0, classes: 'auto', flip: 'auto' },
  };
}
