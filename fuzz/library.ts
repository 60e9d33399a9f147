/** A small library with a data set and a run, and all that is read of it. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { listDatasets, readDatasetRecord } from '../core/data/catalogue.ts';
import { importDataset } from '../core/data/import/import-dataset.ts';
import { openPackedSource } from '../core/data/import/packed-source.ts';
import { readMeasurements } from '../core/data/measurements.ts';
import { openDataset } from '../core/data/packed.ts';
import { encodePng } from '../core/export/png.ts';
import { datasetFolder, runFolder } from '../core/library.ts';
import { listRuns } from '../core/run/catalogue.ts';
import { readNewestCheckpoint, writeCheckpoint } from '../core/run/checkpoint.ts';
import { loadPreset } from '../core/config/presets.ts';
import {
  createRunFolder,
  openMetricsLog,
  readLastMetrics,
  readMetrics,
  readRunManifest,
} from '../core/run/run-folder.ts';

export const DATASET = 'set';
export const RUN = 'run-abc234';

const METRICS = {
  ...{ recLoss: 50.5, denoiserLoss: null, klLoss: 3.25, gradNorm: 1e-3, learningRate: 0.0001 },
  ...{ intervals: 8, stepsPerSecond: 6.5, seconds: 12.5 },
};

/** Writes the library into an empty folder. */
export async function makeLibrary(home: string): Promise<void> {
  const images = path.join(home, 'images');
  for (let i = 0; i < 12; i++) {
    const folder = path.join(images, i % 2 === 0 ? 'even' : 'odd');
    await fs.mkdir(folder, { recursive: true });
    const data = Uint8Array.from({ length: 64 }, (_, p) => (p * (i + 3) * 7) % 256);
    await fs.writeFile(
      path.join(folder, `${i}.png`),
      await encodePng({ height: 8, width: 8, channels: 1, data }),
    );
  }
  await fs.writeFile(path.join(images, 'odd', 'none.png'), 'no image');
  const request = { kind: 'folder' as const, paths: [images] };
  const record = await importDataset({ home, name: DATASET, request, settings: { size: 8, holdOut: 0.25 } });
  await fs.rm(images, { recursive: true });

  const { config } = await loadPreset('smoke');
  const { fingerprint, count } = record;
  await createRunFolder(home, {
    ...{ format: 'covae-run', version: 1, id: RUN, name: 'run', createdAt: record.createdAt },
    ...{ preset: 'smoke', seed: 4, parameters: 6, config },
    dataset: { name: DATASET, fingerprint, count },
    versions: { app: '0.1.0', tensorflow: '2.18.0', tfjs: '4.22.0' },
  });
  const folder = runFolder(home, RUN);
  const tensors = { w: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } };
  for (const step of [5, 10]) {
    await writeCheckpoint(folder, step, {
      model: tensors,
      ema: tensors,
      optimizer: tensors,
      state: { step },
    });
  }
  const log = openMetricsLog(folder, 0);
  for (let step = 1; step <= 10; step++) log.append({ ...METRICS, step, loss: 100 / step });
  log.close();
}

/** Files of the library that are tried, by the name of their format. */
export const LIBRARY_FILES: Readonly<Record<string, string>> = {
  'dataset.json': path.join('datasets', DATASET, 'dataset.json'),
  'statistics.json': path.join('datasets', DATASET, 'statistics.json'),
  'flags.json': path.join('datasets', DATASET, 'flags.json'),
  'names.jsonl': path.join('datasets', DATASET, 'names.jsonl'),
  'run.json': path.join('runs', RUN, 'run.json'),
  'metrics.jsonl': path.join('runs', RUN, 'metrics.jsonl'),
  'checkpoint manifest': path.join('runs', RUN, 'checkpoints', 'step-00000010', 'manifest.json'),
  'checkpoint state': path.join('runs', RUN, 'checkpoints', 'step-00000010', 'state.json'),
  'checkpoint tensors': path.join('runs', RUN, 'checkpoints', 'step-00000010', 'model.safetensors'),
};

/**
 * Everything that lists, opens and draws from a library reads of the part that a file belongs to.
 *
 * @throws UserError as reading that part does
 */
export async function readLibrary(home: string, file: string): Promise<void> {
  if (file.startsWith('datasets')) {
    // A list never fails for one damaged part.
    await listDatasets(home);
    await readDataset(home);
  } else {
    await listRuns(home);
    await readRun(home);
  }
}

async function readDataset(home: string): Promise<void> {
  const record = await readDatasetRecord(home, DATASET);
  const dataset = await openDataset(home, DATASET);
  try {
    await dataset.labels();
    await dataset.split();
    const origins = await dataset.origins();
    for (let i = 0; i < Math.min(record.count, 20); i++) origins?.of(i);
    await dataset.readImages(0, 4);
  } finally {
    dataset.close();
  }
  await readMeasurements(home, DATASET);
  const source = await openPackedSource(home, DATASET);
  try {
    await source.preview(4);
  } finally {
    await source.close();
  }
  await fs.access(datasetFolder(home, DATASET));
}

async function readRun(home: string): Promise<void> {
  const folder = runFolder(home, RUN);
  await readLastMetrics(folder);
  await readRunManifest(folder);
  await readMetrics(folder, 10);
  await readNewestCheckpoint(folder);
  openMetricsLog(folder, 3).close();
}
