/** Entry of the application: life cycle, processes, window. It computes nothing. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { app, type BrowserWindow, ipcMain, Menu, protocol, session } from 'electron';
import { sentenceOf } from '../core/errors.ts';
import { libraryHome } from '../core/library.ts';
import { readArguments } from './arguments.ts';
import { CALL_CHANNEL, CANCEL_CHANNEL } from './ipc/channels.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import { CallGate, isTrusted, type Sender } from './ipc/gate.ts';
import { offerPixelPort } from './ipc/pixel-port.ts';
import { openLog } from './log.ts';
import { Messages } from './messages.ts';
import { PreferenceStore } from './preferences.ts';
import { EvaluatorProtocol } from './process/evaluator-protocol.ts';
import { ExporterProtocol } from './process/exporter-protocol.ts';
import { ImagesProtocol } from './process/images-protocol.ts';
import { Supervisor } from './process/supervisor.ts';
import { TrainerProtocol } from './process/trainer-protocol.ts';
import { forkUtility } from './process/utility-process.ts';
import { smokeTest } from './smoke-test.ts';
import { Studio } from './studio.ts';
import { isActive } from './training-state.ts';
import { Activity } from './window/activity.ts';
import { ORIGIN, SCHEME, serveFile } from './window/app-scheme.ts';
import { guardContents, guardSession } from './window/guard.ts';
import { applicationMenu } from './window/menu.ts';
import { resolveNothing, stayOffline } from './window/offline.ts';
import { Page } from './window/page.ts';
import { confirmRetry, confirmStop, nativePlatform } from './window/platform.ts';
import { noteLibrary, noticeOfSecond, refusalOfSecond, type SecondStart } from './window/one-instance.ts';
import { OrderlyEnd } from './window/orderly-end.ts';
import { quitQuestion } from './window/quit-question.ts';
import { endBySystem, stopTraining } from './window/system-end.ts';
import { followLanguage } from './window/language.ts';
import { followTheme } from './window/theme.ts';
import { createWindow, preloadFile, showPage } from './window/window.ts';

const args = readArguments(process.argv.slice(1));
app.setName('CoVAE Studio');
stayOffline(app.commandLine);
app.setPath('userData', path.resolve(args.userDataDir ?? path.join(app.getPath('appData'), 'CoVAE Studio')));

const logs = path.join(app.getPath('userData'), 'logs');
const messages = new Messages();
const onProblem = (sentence: string): void => messages.tell(sentence);
const mainLog = openLog(logs, 'main', { onProblem });
const processLog = openLog(logs, 'processes', { onProblem });
const log = mainLog.write;
process.on('uncaughtException', (error) => log('An error was not caught', error));
process.on('unhandledRejection', (error) => log('A rejection was not handled', error));

protocol.registerSchemesAsPrivileged([
  { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);

/** @param home the library folder, which the processes are told once, at their start */
function supervisors(home: string): {
  trainer: Supervisor<TrainerProtocol>;
  images: Supervisor<ImagesProtocol>;
  evaluator: Supervisor<EvaluatorProtocol>;
  exporter: Supervisor<ExporterProtocol>;
} {
  const entry = path.join(__dirname, 'trainer.cjs');
  const onOutput = (text: string): void => processLog.write(text.trimEnd());
  return {
    trainer: new Supervisor<TrainerProtocol>({
      name: 'trainer',
      protocol: TrainerProtocol,
      fork: () =>
        forkUtility({
          name: 'trainer',
          serviceName: 'CoVAE trainer',
          entry,
          args: ['--home', home],
          inspectPort: process.env['COVAE_INSPECT_TRAINER'],
          onOutput,
        }),
      log,
    }),
    images: new Supervisor<ImagesProtocol>({
      name: 'image reader',
      protocol: ImagesProtocol,
      fork: () =>
        forkUtility({
          name: 'image reader',
          serviceName: 'CoVAE images',
          entry,
          args: ['--images', '--home', home],
          onOutput,
        }),
      log,
    }),
    evaluator: new Supervisor<EvaluatorProtocol>({
      name: 'evaluator',
      protocol: EvaluatorProtocol,
      fork: () =>
        forkUtility({
          name: 'evaluator',
          serviceName: 'CoVAE evaluator',
          entry,
          args: ['--evaluator', '--home', home],
          onOutput,
        }),
      log,
    }),
    exporter: new Supervisor<ExporterProtocol>({
      name: 'exporter',
      protocol: ExporterProtocol,
      fork: () =>
        forkUtility({
          name: 'exporter',
          serviceName: 'CoVAE exporter',
          entry,
          args: ['--exporter', '--home', home],
          onOutput,
        }),
      log,
    }),
  };
}

async function runSmokeTest(folder: string): Promise<void> {
  const home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-smoke-'));
  const { trainer, images } = supervisors(home);
  try {
    const file = await smokeTest({ trainer, images, folder });
    process.stdout.write(`Smoke test passed: ${file}\n`);
    await finish(0);
  } catch (error) {
    process.stderr.write(`Smoke test failed: ${sentenceOf(error)}\n`);
    await finish(1);
  }
  async function finish(code: number): Promise<void> {
    trainer.close();
    images.close();
    await fs.rm(home, { recursive: true, force: true }).catch(() => undefined);
    app.exit(code);
  }
}

async function openStudio(home: string): Promise<void> {
  const userData = app.getPath('userData');
  const startedBefore = noteLibrary(userData, home);
  const preferences = await PreferenceStore.open(userData, messages);
  followTheme(preferences);
  const asked = args.language ?? process.env['COVAE_LANGUAGE'];
  followLanguage(preferences, asked, app.getPreferredSystemLanguages(), () => {
    Menu.setApplicationMenu(applicationMenu(mainLog.file));
    if (!window.isDestroyed()) showPage(window);
  });
  Menu.setApplicationMenu(applicationMenu(mainLog.file));
  const { trainer, images, evaluator, exporter } = supervisors(home);
  const window = createWindow(preloadFile(), path.join(userData, 'window.json'));
  const activity = new Activity(window, (error) => {
    log('The system could not be told of the training', error);
    messages.tell(
      'The system could not be told of the training, which goes on; it may go to sleep meanwhile.',
    );
  });
  const page = new Page({
    window,
    log,
    ending: () => orderly.ending,
    onGone: () => gate.cancelAll(),
    askToRetry: () => confirmRetry(window),
  });
  const studio = new Studio({
    home,
    trainer,
    images,
    evaluator,
    exporter,
    platform: nativePlatform(() => (window.isDestroyed() ? null : window)),
    emit,
    log,
    electronVersion: process.versions.electron,
    messages,
    preferences,
    startedBefore,
  });

  function emit<E extends EventName>(event: E, payload: EventPayload<E>): void {
    if (event === 'training.state' && !window.isDestroyed()) activity.state(studio.training);
    page.emit(event, payload);
  }
  trainer.on('training.progress', (progress) => {
    if (!window.isDestroyed()) activity.progress(progress);
  });

  const trusted = (sender: Sender | null): boolean =>
    !window.isDestroyed() && isTrusted(sender, window.webContents.mainFrame, ORIGIN);
  const gate = new CallGate({ handlers: studio.calls, trusted, log });
  ipcMain.handle(CALL_CHANNEL, (event, channel: unknown, params: unknown, id: unknown) =>
    gate.answer(event.senderFrame, channel, params, id),
  );
  ipcMain.on(CANCEL_CHANNEL, (event, id: unknown) => gate.cancel(event.senderFrame, id));
  window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) gate.cancelAll();
  });
  offerPixelPort(window.webContents, studio.pixels, log, () => trusted(window.webContents.mainFrame));
  const orderly = closeWithCare(window, studio, () => {
    trainer.close();
    images.close();
    evaluator.close();
    exporter.close();
  });
  app.on('second-instance', (_event, _argv, _folder, start) => {
    if (window.isMinimized()) window.restore();
    window.focus();
    const refusal = noticeOfSecond(start, home);
    if (refusal !== null) messages.tell(refusal);
  });
  // Both take a moment to load; the person needs neither before that. The others start when they are asked.
  trainer.start();
  images.start();
}

/**
 * Ends what is under way before the window goes: a training with a checkpoint, imports, evaluations and exports without a trace.
 *
 * @param end ends our processes
 */
function closeWithCare(window: BrowserWindow, studio: Studio, end: () => void): OrderlyEnd {
  const { datasets, evaluations, exports } = studio;
  const orderly = new OrderlyEnd({
    question: () =>
      quitQuestion({
        training: isActive(studio.training),
        imports: datasets.imports.active,
        evaluations: evaluations.queue.active,
        exports: exports.queue.active,
      }),
    ask: (question, signal) => confirmStop(window, question, signal),
    stop: async () => {
      studio.queue.close();
      const [code] = await Promise.all([
        stopTraining(studio),
        datasets.close(),
        evaluations.close(),
        exports.close(),
      ]);
      return code;
    },
    close: () => window.close(),
    exit: (code) => {
      end();
      app.exit(code);
    },
    log,
  });
  window.on('close', (event) => {
    if (!orderly.mayClose()) event.preventDefault();
  });
  window.on('closed', end);
  endBySystem(window, orderly);
  return orderly;
}

async function main(): Promise<void> {
  const home = libraryHome(args.home);
  if (args.smokeTest === undefined && !app.requestSingleInstanceLock({ home } satisfies SecondStart)) {
    const refusal = refusalOfSecond(app.getPath('userData'), home);
    if (refusal !== null) process.stderr.write(`${refusal}\n`);
    app.exit(refusal === null ? 0 : 1);
    return;
  }
  app.on('web-contents-created', (_event, contents) => guardContents(contents));
  app.on('session-created', guardSession);
  app.on('window-all-closed', () => app.quit());
  await app.whenReady();
  resolveNothing(app);
  if (args.smokeTest !== undefined) {
    await runSmokeTest(args.smokeTest);
    return;
  }
  const root = path.join(__dirname, 'renderer');
  // Made, and guarded, when it is first asked for.
  session.defaultSession.protocol.handle(SCHEME, (request) => serveFile(request.url, root));
  await openStudio(home);
}

main().catch((error: unknown) => {
  log('The application could not start', error);
  process.stderr.write(`${sentenceOf(error)}\n`);
  app.exit(1);
});
