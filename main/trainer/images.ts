/** The image reader: imports, and images that lie in the library. */
import type { ImportProgress } from '../../core/data/dataset.ts';
import { importDataset } from '../../core/data/import/import-dataset.ts';
import { measuresOfRuns } from '../../core/evaluate/run-measures.ts';
import { readSamples } from '../../core/explore/draws/draw-store.ts';
import { runFolder } from '../../core/library.ts';
import { HealthCache } from '../../core/run/health.ts';
import { readCurves } from '../../core/run/read-curves.ts';
import { writeCurves } from '../../core/train/curve-files.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import { namesTable, subsetDataset } from '../../core/data/subset.ts';
import { writeOutputFile } from '../../core/output.ts';
import { writeComparison } from '../../core/takeout/runs/compare-page.ts';
import { readMeasurements } from '../../core/data/measurements.ts';
import { ImagesProtocol } from '../process/images-protocol.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { originOfFile, pictureAsPng } from './pictures.ts';
import { Previews } from './previews.ts';
import { SignalEnd } from './signal-end.ts';
import { KeptDraws } from './kept-draws.ts';
import { sortPaths } from './sort-paths.ts';
import { readGrid } from './grids.ts';
import { throttled } from './throttle.ts';

const PROGRESS_INTERVAL = 100;

/** @param home the library folder */
export function serveImages(port: ParentPort, home: string): void {
  const previews = new Previews(home);
  const healths = new HealthCache();
  const draws = new KeptDraws(home);
  // Main takes an import back when it ends.
  const ends = new SignalEnd(() => undefined);
  const tell: Tell<ImagesProtocol> = serve<ImagesProtocol>(ImagesProtocol, port, {
    'import.run': async ({ jobId, name, request, settings }, signal) => {
      const progress = throttled(PROGRESS_INTERVAL, (latest: ImportProgress) =>
        tell('import.progress', { jobId, progress: latest }),
      );
      try {
        return await ends.during(() =>
          importDataset({ home, name, request, settings, signal, onProgress: progress.push }),
        );
      } finally {
        progress.flush();
      }
    },
    'paths.sort': ({ paths }, signal) => sortPaths(paths, signal),
    'import.preview': ({ request, settings, count }, signal) =>
      previews.ask(request, settings, count, signal),
    'import.endPreview': async () => {
      await previews.end();
      return {};
    },
    'dataset.measurements': async ({ name }, signal) => {
      const { flags, ...measured } = await readMeasurements(home, name, signal);
      const { nearConstant, duplicates, suspicious } = flags;
      return { ...measured, flags: { nearConstant, duplicates, suspicious } };
    },
    'run.health': ({ runId }) => healths.of(runFolder(home, runId)),
    'grid.read': ({ runId, ...grid }) => readGrid(home, runId, grid),
    'curves.read': ({ runId }) => readCurves(runFolder(home, runId)),
    'curves.write': async ({ path, runId, keys, ...look }) => {
      const folder = runFolder(home, runId);
      const [curves, { name }] = await Promise.all([readCurves(folder), readRunManifest(folder)]);
      // The dialog has asked.
      await writeCurves(path, curves, { ...look, keys, title: name }, { force: true });
      return {};
    },
    'runs.measures': ({ runIds }) => measuresOfRuns(home, runIds),
    'runs.compare': async ({ path, runIds }) => {
      // The dialog has asked.
      await writeComparison(home, runIds, path, { force: true });
      return {};
    },
    'dataset.subset': async ({ from, name, indices }, signal) => {
      const { count } = await ends.during(() => subsetDataset(home, from, indices, name, { signal }));
      return { name, count };
    },
    'dataset.names': async ({ path, name, indices }) => {
      // The dialog has asked.
      await writeOutputFile(path, await namesTable(home, name, indices), 'table', { force: true });
      return {};
    },
    'draws.list': ({ runId }) => draws.list(runId),
    'draws.nearest': (params, signal) => draws.nearest(params, signal),
    'draws.images': ({ runId, id, indices }) => readSamples(runFolder(home, runId), id, indices),
    'draws.write': ({ path, ...params }, signal) => draws.write(params, path, signal),
    'picture.png': async ({ picture }) => ({ png: await pictureAsPng(home, picture) }),
    'file.origin': ({ path }) => originOfFile(home, path),
  });
  tell('ready', {});
}
