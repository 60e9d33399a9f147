/** What main asks of the trainer process and what it is told. The library folder is told once, at the process's start. */
import * as v from 'valibot';
import { NameSchema } from '../../core/data/dataset.ts';
import { PresetSchema } from '../../core/config/model.ts';
import { PlannedSweepSchema, sweepEntries } from '../ipc/queue-contract.ts';
import { Calls, Events, PixelCalls, TrainProgressSchema } from '../ipc/contract.ts';

const nothing = v.strictObject({});
const runId = v.string();
const started = Calls['training.start'].params.entries;

/** A run is made of this. */
const making = {
  params: v.strictObject({
    dataset: NameSchema,
    preset: PresetSchema,
    name: started.name,
    seed: started.seed,
    settings: started.settings,
    from: started.from,
  }),
  result: v.strictObject({ runId }),
};

/** Images as they travel between processes: uint8, count × height × width × channels. */
export const ImagesSchema = PixelCalls['model.sample'].result;

/** The trainer's view of a training; main adds what only main can know (see training-state.ts). */
export const TrainingEventSchema = v.variant('phase', [
  v.strictObject({ phase: v.literal('preparing'), runId: v.nullable(runId), detail: v.string() }),
  v.strictObject({ phase: v.picklist(['running', 'paused', 'stopping', 'finished', 'stopped']), runId }),
  v.strictObject({ phase: v.picklist(['diverged', 'waiting']), runId, detail: v.string() }),
  v.strictObject({ phase: v.literal('failed'), runId: v.nullable(runId), detail: v.string() }),
]);
export type TrainingEvent = v.InferOutput<typeof TrainingEventSchema>;

export const TrainerProtocol = {
  requests: {
    /** Writes the run folder and answers; the training itself then goes on by events. */
    'training.start': making,
    'training.resumeRun': {
      params: Calls['training.resumeRun'].params,
      result: nothing,
    },
    'training.ask': Calls['training.ask'],
    'training.change': Calls['training.change'],
    'training.pause': { params: nothing, result: nothing },
    'training.resume': { params: nothing, result: nothing },
    /** Answers when the training has ended and its checkpoint is written. */
    'training.stop': { params: nothing, result: nothing },
    /** Answers when the training of this run has ended, without a checkpoint. */
    'training.abandon': { params: v.strictObject({ runId }), result: nothing },
    'model.sample': {
      params: PixelCalls['model.sample'].params,
      result: ImagesSchema,
    },
    'augment.preview': PixelCalls['augment.preview'],
    'explore.draw': PixelCalls['explore.draw'],
    'explore.neighbours': Calls['explore.neighbours'],
    'explore.latent': Calls['explore.latent'],
    'explore.makeDirections': Calls['explore.makeDirections'],
    'explore.map': Calls['explore.map'],
    /** Draws a view and writes it to `path`. */
    'explore.write': {
      params: v.strictObject({ path: v.string(), ...Calls['explore.export'].params.entries }),
      result: v.strictObject({ path: v.string() }),
    },
    /** Draws a view through several checkpoints and writes it to `path`. */
    'explore.writeCompared': {
      params: v.strictObject({ path: v.string(), ...Calls['explore.exportCompared'].params.entries }),
      result: v.strictObject({ path: v.string() }),
    },
    'draws.make': Calls['draws.make'],
    'draws.stop': Calls['draws.stop'],
    /** Draws and writes one PNG. */
    'samples.write': {
      params: v.strictObject({ path: v.string(), ...PixelCalls['model.sample'].params.entries }),
      result: v.strictObject({ path: v.string() }),
    },
    /** What a training of this configuration would need and take. @see planTraining */
    'training.plan': {
      params: v.strictObject({
        config: Calls['training.plan'].params.entries.config,
        /** Images that are trained on. */
        trained: v.number(),
      }),
      result: Calls['training.plan'].result.wrapped,
    },
    'training.trial': Calls['training.trial'],
    'starters.add': Calls['starters.add'],
    'runs.fork': Calls['runs.fork'],
    /** Makes the run of a planned training; nothing is trained. */
    'runs.create': making,
    /** Makes a run like another one, with another seed. */
    'runs.again': { params: v.strictObject({ runId }), result: v.strictObject({ runId }) },
    'sweep.plan': {
      params: v.strictObject({ ...sweepEntries, preset: PresetSchema }),
      result: PlannedSweepSchema,
    },
    'sweep.make': {
      params: v.strictObject({ ...sweepEntries, preset: PresetSchema }),
      result: v.strictObject({ runIds: v.array(runId) }),
    },
    /** Forgets a run that is about to be removed. */
    'run.release': { params: v.strictObject({ runId }), result: nothing },
  },
  events: {
    /** The library is loaded; requests may come. */
    ready: v.strictObject({ device: v.string() }),
    /** What computes, by name and size, once it is known. */
    device: v.strictObject({ device: v.string(), kind: v.picklist(['CPU', 'GPU']) }),
    /** It cannot work at all and is about to leave. */
    fatal: v.strictObject({ message: v.string() }),
    'training.state': TrainingEventSchema,
    'training.progress': TrainProgressSchema,
    'training.logged': Events['training.logged'],
    'training.samples': Events['training.samples'],
    'training.grid': Events['training.grid'],
    'training.history': Events['training.history'],
    'training.alarm': Events['training.alarm'],
    'training.diagnostics': Events['training.diagnostics'],
    'training.evaluation': Events['training.evaluation'],
    'training.evaluating': Events['training.evaluating'],
    'training.notice': Events['training.notice'],
    checkpoint: v.strictObject({ runId, step: v.number() }),
    'explore.progress': Events['explore.progress'],
    'explore.mapping': Events['explore.mapping'],
    'draws.progress': Events['draws.progress'],
    'draws.fitting': Events['draws.fitting'],
  },
} as const;

export type TrainerProtocol = typeof TrainerProtocol;
