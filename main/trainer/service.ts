/** The trainer's side of its protocol: training, drawing, and who holds which model. */
import { describeDevice, deviceText } from '../../core/device.ts';
import { runFolder } from '../../core/library.ts';
import { libraryVersion } from '../../core/tensor/tf.ts';
import { describeModel } from '../../core/train/describe.ts';
import { createRun, openGenerator, openSession } from '../../core/train/session.ts';
import { TrainerProtocol } from '../process/trainer-protocol.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { defined } from '../defined.ts';
import { Drawing } from './drawing.ts';
import { Generators } from './generators.ts';
import { Training } from './training.ts';

export function serveTrainer(port: ParentPort): void {
  const generators = new Generators(openGenerator);
  const training = new Training(createRun, openSession, {
    state: (event) => tell('training.state', event),
    progress: (progress) => tell('training.progress', progress),
    samples: (runId, step, images) => tell('training.samples', { runId, step, images }),
    alarm: (runId, alarm) => tell('training.alarm', { runId, alarm }),
    diagnostics: (runId, diagnostics) => tell('training.diagnostics', { runId, diagnostics }),
    notice: (runId, text) => tell('training.notice', { runId, text }),
    checkpoint: (runId, step) => tell('checkpoint', { runId, step }),
  });
  const drawing = new Drawing(
    async ({ home, runId }) =>
      (await training.generator(runId)) ?? (await generators.get(runFolder(home, runId))),
  );

  const tell: Tell<TrainerProtocol> = serve<TrainerProtocol>(TrainerProtocol, port, {
    'training.start': async ({ home, dataset, preset, ...others }) => ({
      runId: await training.start({ home, dataset, preset, ...defined(others) }),
    }),
    'training.resumeRun': ({ home, runId, ...changes }) => {
      generators.release(runFolder(home, runId));
      training.resumeRun(home, runId, defined(changes));
      return {};
    },
    'training.pause': () => {
      training.pause();
      return {};
    },
    'training.resume': () => {
      training.resume();
      return {};
    },
    'training.stop': async () => {
      await training.stop();
      return {};
    },
    'model.sample': async (params) => (await drawing.sample(params)).images,
    'model.interpolate': async (params) => (await drawing.interpolate(params)).images,
    'samples.keep': (params) => drawing.keep(params),
    'samples.write': ({ path, ...params }) => drawing.writeSamples(params, path),
    'interpolate.write': ({ path, ...params }) => drawing.writeStrip(params, path),
    'model.size': ({ config }) => {
      const { parameters, memory, latent } = describeModel(config);
      return { parameters: parameters.total, memory: memory.total, latent };
    },
    'run.release': ({ home, runId }) => {
      generators.release(runFolder(home, runId));
      return {};
    },
  });
  const { gpu } = libraryVersion();
  // At once, so that nobody waits for nvidia-smi; its answer follows.
  tell('ready', { device: gpu ? 'GPU' : 'CPU' });
  void describeDevice(gpu).then((device) => tell('device', { device: deviceText(device) }));
}
