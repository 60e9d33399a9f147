/**
 * What main asks of the image reader: the process that decodes pictures. It stands apart from the trainer, whose thread
 * is blocked for the length of a step, so that an import runs at full speed beside a training; and a picture
 * that brings the decoder down takes neither the window nor the training with it.
 */
import * as v from 'valibot';
import { DatasetRecordSchema, NameSchema } from '../../core/data/dataset.ts';
import { Calls, Events, PixelCalls } from '../ipc/contract.ts';

const nothing = v.strictObject({});
const dataset = v.strictObject({ home: v.string(), name: NameSchema });

export const ImagesProtocol = {
  requests: {
    'import.run': {
      params: v.strictObject({ home: v.string(), ...Calls['datasets.import'].params.entries }),
      result: DatasetRecordSchema,
    },
    'import.cancel': { params: v.strictObject({ jobId: v.string() }), result: nothing },
    'paths.sort': Calls['datasets.sortPaths'],
    /** A newer request ends an older one; the source stays open until another one, or `import.endPreview`. */
    'import.preview': {
      params: v.strictObject({ home: v.string(), ...PixelCalls['import.preview'].params.entries }),
      result: PixelCalls['import.preview'].result,
    },
    'import.endPreview': { params: nothing, result: nothing },
    'dataset.measurements': { params: dataset, result: PixelCalls['dataset.measurements'].result },
    /** The newest fixed-noise grid in a run's folder. */
    'grid.latest': {
      params: v.strictObject({ home: v.string(), runId: v.string() }),
      result: PixelCalls['run.latestSamples'].result,
    },
    'samples.saved': {
      params: v.strictObject({ home: v.string() }),
      result: Calls['runs.savedSamples'].result,
    },
  },
  events: {
    ready: nothing,
    /** It cannot work at all and is about to leave. */
    fatal: v.strictObject({ message: v.string() }),
    'import.progress': Events['datasets.progress'],
  },
} as const;

export type ImagesProtocol = typeof ImagesProtocol;
