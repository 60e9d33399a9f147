/** The exporter: does what takes long and has nothing to do with the training: exports, archives, moving the library. */
import { withSentence } from '../../core/errors.ts';
import { writeReport } from '../../core/takeout/runs/report.ts';
import { filmFrames } from '../../core/takeout/take-out.ts';
import type { ExportProgress } from '../ipc/export-contract.ts';
import { ExporterProtocol } from '../process/exporter-protocol.ts';
import { giveWay } from '../process/priority.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { SignalEnd } from './signal-end.ts';
import { runTask } from './tasks.ts';
import { throttled } from './throttle.ts';

const PROGRESS_INTERVAL = 100;

/** @param home the library folder */
export function serveExporter(port: ParentPort, home: string): void {
  giveWay('beside');
  // Main takes an export back when it ends.
  const ends = new SignalEnd(() => undefined);
  const tell: Tell<ExporterProtocol> = serve<ExporterProtocol>(ExporterProtocol, port, {
    'task.run': async ({ jobId, task, path }, signal) => {
      const progress = throttled(PROGRESS_INTERVAL, (latest: ExportProgress) =>
        tell('export.progress', { jobId, progress: latest }),
      );
      try {
        return await ends.during(() => runTask(home, task, path, { signal, onProgress: progress.push }));
      } catch (error) {
        throw withSentence(error);
      } finally {
        progress.flush();
      }
    },
    'film.frames': async ({ jobId, runId, order }, signal) => {
      const progress = throttled(PROGRESS_INTERVAL, (latest: ExportProgress) =>
        tell('export.progress', { jobId, progress: latest }),
      );
      try {
        const { frames, delaysMs, text } = await filmFrames({
          ...{ home, runId, order, signal },
          onProgress: ({ word: _, ...told }) => progress.push({ phase: 'Drawing', unit: 'images', ...told }),
        });
        return { frames, delaysMs, text: { ...text } };
      } catch (error) {
        throw withSentence(error);
      } finally {
        progress.flush();
      }
    },
    // The dialogs have asked whether a file of that name is to be replaced.
    'run.report': async ({ runId, path }, signal) => {
      await ends.during(() => writeReport(home, runId, path, { force: true, signal }));
      return {};
    },
  });
  tell('ready', {});
}
