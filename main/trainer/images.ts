/** The image reader: imports, and pictures that lie in the library. */
import { UserError } from '../../core/errors.ts';
import type { ImportProgress } from '../../core/data/dataset.ts';
import { importDataset } from '../../core/data/import/import-dataset.ts';
import { ImagesProtocol } from '../process/images-protocol.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { latestGrid, savedSamples } from './saved-pictures.ts';
import { throttled } from './throttle.ts';

const PROGRESS_INTERVAL = 100;

export function serveImages(port: ParentPort): void {
  const jobs = new Map<string, AbortController>();
  const tell: Tell<ImagesProtocol> = serve<ImagesProtocol>(ImagesProtocol, port, {
    'import.run': async ({ jobId, home, name, source, size, channels }) => {
      if (jobs.has(jobId)) throw new UserError('This import is under way already.');
      const job = new AbortController();
      jobs.set(jobId, job);
      const progress = throttled(PROGRESS_INTERVAL, (latest: ImportProgress) =>
        tell('import.progress', { jobId, name, ...latest }),
      );
      try {
        return await importDataset({
          home,
          name,
          request:
            source.kind === 'sample' ? { kind: 'sample', paths: [] } : { kind: null, paths: [source.path] },
          settings: { size, channels },
          signal: job.signal,
          onProgress: progress.push,
        });
      } catch (error) {
        if (job.signal.aborted)
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
    'grid.latest': ({ home, runId }) => latestGrid(home, runId),
    'samples.saved': ({ home }) => savedSamples(home),
  });
  tell('ready', {});
}
