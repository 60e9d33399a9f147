/** What main asks of the importer process, which reads and decodes images that come from outside. */
import * as v from 'valibot';
import { DatasetRecordSchema } from '../../core/data/dataset.ts';
import { Calls, ImportEventSchema } from '../ipc/contract.ts';

const nothing = v.strictObject({});

export const ImporterProtocol = {
  requests: {
    'import.run': {
      params: v.strictObject({ home: v.string(), ...Calls['datasets.import'].params.entries }),
      result: DatasetRecordSchema,
    },
    'import.cancel': { params: v.strictObject({ jobId: v.string() }), result: nothing },
  },
  events: {
    ready: nothing,
    'import.progress': ImportEventSchema,
  },
} as const;

export type ImporterProtocol = typeof ImporterProtocol;
