/**
 * What main asks of the image reader: the process that decodes images. It stands apart from the trainer, whose thread
 * is blocked for the length of a step, so that an import runs at full speed beside a training; and an image
 * that brings the decoder down takes neither the window nor the training with it. The library folder is told once, at the
 * process's start.
 */
import * as v from 'valibot';
import { DatasetRecordSchema, NameSchema } from '../../core/data/dataset.ts';
import { Calls, Events, PixelCalls } from '../ipc/contract.ts';
import { PictureSchema } from '../ipc/export-contract.ts';

const nothing = v.strictObject({});

export const ImagesProtocol = {
  requests: {
    'import.run': {
      params: Calls['datasets.import'].params,
      result: DatasetRecordSchema,
    },
    'paths.sort': Calls['datasets.sortPaths'],
    /** A newer request ends an older one; the source stays open until another one, or `import.endPreview`. */
    'import.preview': PixelCalls['import.preview'],
    'import.endPreview': { params: nothing, result: nothing },
    'dataset.measurements': PixelCalls['dataset.measurements'],
    /** A picture in a run's folder that its training drew. */
    'grid.read': PixelCalls['run.grid'],
    /** Reads the newest checkpoint whole, once for as long as it does not change. */
    'run.health': Calls['runs.health'],
    /** Makes a data set of some images of another. */
    'dataset.subset': {
      params: v.strictObject({ from: NameSchema, name: NameSchema, indices: v.array(v.number()) }),
      result: Calls['explore.subset'].result,
    },
    /** Writes numbers, classes and names of images to `path`. */
    'dataset.names': {
      params: v.strictObject({ path: v.string(), name: NameSchema, indices: v.array(v.number()) }),
      result: nothing,
    },
    'draws.list': Calls['draws.list'],
    'draws.nearest': Calls['draws.nearest'],
    'draws.images': PixelCalls['draws.images'],
    /** Writes samples of a draw to `path`. */
    'draws.write': {
      params: v.strictObject({ path: v.string(), ...Calls['draws.save'].params.entries }),
      result: v.strictObject({ path: v.string() }),
    },
    /** A picture as a PNG, with the text of where it comes from. */
    'picture.png': {
      params: v.strictObject({ picture: PictureSchema }),
      result: v.strictObject({ png: v.custom<Uint8Array>((value) => value instanceof Uint8Array) }),
    },
    'file.origin': Calls['files.origin'],
    /** All that was logged of a run. */
    'curves.read': PixelCalls['run.curves'],
    /** Writes curves to `path`. */
    'curves.write': {
      params: v.strictObject({ path: v.string(), ...Calls['runs.exportCurves'].params.entries }),
      result: nothing,
    },
    /** Reads stored evaluations. */
    'runs.measures': Calls['runs.measures'],
    /** Writes a comparison of runs to `path`. */
    'runs.compare': {
      params: v.strictObject({ path: v.string(), ...Calls['runs.writeComparison'].params.entries }),
      result: nothing,
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
