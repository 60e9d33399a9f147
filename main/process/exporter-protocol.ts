/**
 * What main asks of the exporter: the process that draws and writes exports. It stands apart from the trainer, whose
 * thread belongs to the training and to whoever draws, and it can be ended at once without harm to either. It runs while
 * there is something to export only. The library folder is told once, at the process's start.
 */
import * as v from 'valibot';
import { Calls, Events, PixelCalls } from '../ipc/contract.ts';
import { TaskSchema } from '../ipc/export-contract.ts';

const nothing = v.strictObject({});

const toPath = v.strictObject({ ...Calls['runs.report'].params.entries, path: v.string() });

/** What came of a task. */
export const ExportedSchema = v.omit(Events['exports.done'], ['jobId']);

export const ExporterProtocol = {
  requests: {
    /** Does a task; the person has been asked whether a file of that name is to be replaced. */
    'task.run': {
      params: v.strictObject({ jobId: v.string(), task: TaskSchema, path: v.string() }),
      result: ExportedSchema,
    },
    'film.frames': PixelCalls['film.frames'],
    'run.report': { params: toPath, result: nothing },
  },
  events: {
    ready: nothing,
    /** It cannot work at all and is about to leave. */
    fatal: v.strictObject({ message: v.string() }),
    'export.progress': Events['exports.progress'],
  },
} as const;

export type ExporterProtocol = typeof ExporterProtocol;
