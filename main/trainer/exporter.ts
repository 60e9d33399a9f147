/** The exporter: draws from runs and writes what it drew, apart from the training. */
import os from 'node:os';
import { withSentence } from '../../core/errors.ts';
import { exportRun } from '../../core/takeout/runs/run-archive.ts';
import { importRun } from '../../core/takeout/runs/run-import.ts';
import { writeReport } from '../../core/takeout/runs/report.ts';
import { filmFrames, takeOut } from '../../core/takeout/take-out.ts';
import type { ExportProgress } from '../ipc/export-contract.ts';
import { ExporterProtocol } from '../process/exporter-protocol.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { SignalEnd } from './signal-end.ts';
import { throttled } from './throttle.ts';

/** A training, and whoever draws or moves a slider meanwhile, is served first. */
const NICE = 5;
const PROGRESS_INTERVAL = 100;

/** @param home the library folder */
export function serveExporter(port: ParentPort, home: string): void {
  try {
    os.setPriority(NICE);
  } catch {
    // Then it is as fast as they are.
  }
  // Main takes an export back when it ends.
  const ends = new SignalEnd(() => undefined);
  const tell: Tell<ExporterProtocol> = serve<ExporterProtocol>(ExporterProtocol, port, {
    'export.run': async ({ jobId, runId, order, path }, signal) => {
      const progress = throttled(PROGRESS_INTERVAL, (latest: ExportProgress) =>
        tell('export.progress', { jobId, progress: latest }),
      );
      const remarks: string[] = [];
      let phase = 'Starting';
      const none = { done: 0, total: null, perSecond: null, secondsLeft: null };
      try {
        const { images, word, files } = await ends.during(() =>
          takeOut({
            ...{ home, runId, order, signal, force: true },
            ...(order.as !== 'dataset' && { out: path }),
            onPhase: (words) => {
              phase = words;
              progress.push({ phase, ...none });
            },
            onRemark: (sentence) => remarks.push(sentence),
            onProgress: ({ word: _, ...told }) => progress.push({ phase, ...told }),
          }),
        );
        return { images, word, files, remarks };
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
          onProgress: ({ word: _, ...told }) => progress.push({ phase: 'Drawing', ...told }),
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
    'run.archive': async ({ runId, path }, signal) => {
      await ends.during(() => exportRun(home, runId, path, { force: true, signal }));
      return {};
    },
    'run.import': ({ path }, signal) => ends.during(() => importRun(home, path, { signal })),
  });
  tell('ready', {});
}
