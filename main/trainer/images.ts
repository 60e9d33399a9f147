/** The image reader: imports, and pictures that lie in the library. */
import { UserError } from '../../core/errors.ts';
import type { ImportProgress } from '../../core/data/dataset.ts';
import { importDataset } from '../../core/data/import/import-dataset.ts';
import { readMeasurements } from '../../core/data/measurements.ts';
import { ImagesProtocol } from '../process/images-protocol.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { Previews } from './previews.ts';
import { sortPaths } from './sort-paths.ts';
import { latestGrid, savedSamples } from './saved-pictures.ts';
import { throttled } from './throttle.ts';

const PROGRESS_INTERVAL = 100;

export function serveImages(port: ParentPort): void {
  const jobs = new Map<string, AbortController>();
  const previews = new Previews();
  const tell: Tell<ImagesProtocol> = serve<ImagesProtocol>(ImagesProtocol, port, {
    'import.run': async ({ jobId, home, name, request, settings }) => {
      if (jobs.has(jobId)) throw new UserError('This import is under way already.');
      const job = new AbortController();
      jobs.set(jobId, job);
      const progress = throttled(PROGRESS_INTERVAL, (latest: ImportProgress) =>
        tell('import.progress', { jobId, progress: latest }),
      );
      const { signal } = job;
      try {
        return await importDataset({ home, name, request, settings, signal, onProgress: progress.push });
      } catch (error) {
        if (signal.aborted)
          throw new UserError('The import was cancelled; nothing was kept.', { cause: error });
        throw error;
      } finally {
        progress.flush();
        jobs.delete(jobId);
      }
    },
    'import.cancel': ({ jobId }) => {
      jobs.get(jobId)?.abort();
      return {};
    },
    'paths.sort': ({ paths }) => sortPaths(paths),
    'import.preview': ({ home, request, settings, count }) => previews.ask(home, request, settings, count),
    'import.endPreview': async () => {
      await previews.end();
      return {};
    },
    'dataset.measurements': async ({ home, name }) => {
      const { flags, ...measured } = await readMeasurements(home, name);
      const { nearConstant, duplicates, suspicious } = flags;
      return { ...measured, flags: { nearConstant, duplicates, suspicious } };
    },
    'grid.latest': ({ home, runId }) => latestGrid(home, runId),
    'samples.saved': ({ home }) => savedSamples(home),
  });
  tell('ready', {});
}
