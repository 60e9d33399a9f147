/** Entry of the application: life cycle, processes, window. It computes nothing. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { app, ipcMain, Menu, protocol, session } from 'electron';
import { sentenceOf, windowSentenceOf } from '../core/errors.ts';
import { libraryHome, runFolder } from '../core/library.ts';
import { summarizeRun } from '../core/run/catalogue.ts';
import { readRunManifest } from '../core/run/run-folder.ts';
import { readArguments } from './arguments.ts';
import type { ActionId } from './ipc/actions.ts';
import { CALL_CHANNEL, CANCEL_CHANNEL } from './ipc/channels.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import { CallGate, isTrusted, type Sender } from './ipc/gate.ts';
import { offerPixelPort } from './ipc/pixel-port.ts';
import { openLog } from './log.ts';
import { Messages } from './messages.ts';
import { Notifier } from './notifier.ts';
import { PreferenceStore } from './preferences.ts';
import { EvaluatorProtocol } from './process/evaluator-protocol.ts';
import { ExporterProtocol } from './process/exporter-protocol.ts';
import { ImagesProtocol } from './process/images-protocol.ts';
import { Supervisor } from './process/supervisor.ts';
import { TrainerProtocol } from './process/trainer-protocol.ts';
import { forkUtility } from './process/utility-process.ts';
import { smokeTest } from './smoke-test.ts';
import { Studio } from './studio.ts';
import { Activity } from './window/activity.ts';
import { ORIGIN, SCHEME, serveFile } from './window/app-scheme.ts';
import { Background } from './window/background.ts';
import { closeWithCare } from './window/close-with-care.ts';
import { guardContents, guardSession } from './window/guard.ts';
import { applicationMenu, markTheme } from './window/menu.ts';
import { resolveNothing, stayOffline } from './window/offline.ts';
import { Page } from './window/page.ts';
import { confirmRetry, nativePlatform } from './window/platform.ts';
import { noteLibrary, noticeOfSecond, refusalOfSecond, type SecondStart } from './window/one-instance.ts';
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
    makeMenu();
    if (window.isDestroyed()) return;
    activity.sayAnew();
    showPage(window);
  });
  const makeMenu = (): void => showMenu(preferences, (action) => page.emit('shell.action', { action }));
  makeMenu();
  preferences.onChange(({ theme }) => markTheme(theme));
  const { trainer, images, evaluator, exporter } = supervisors(home);
  const window = createWindow(preloadFile(), path.join(userData, 'window.json'));
  const activity = new Activity({
    window,
    nameOf: async (runId) => (await readRunManifest(runFolder(home, runId))).name,
    keepAwake: preferences.value.keepAwake,
    failed: (error) => {
      log('The system could not be told of the training', error);
      messages.tell(
        'The system could not be told of the training, which goes on; it may go to sleep meanwhile.',
      );
    },
    changed: () => background.update(),
  });
  preferences.onChange(({ keepAwake }) => activity.setKeepAwake(keepAwake));
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

  const background = new Background({
    window,
    studio,
    activity,
    openRun: (runId) => page.emit('shell.openRun', { runId }),
    tell: onProblem,
    log,
  });
  const notifier = new Notifier({
    preferences: () => preferences.value,
    summarize: (runId) => summarizeRun(home, runId),
    show: (note) => background.notify(note),
    ending: () => orderly.ending,
    log,
  });

  function emit<E extends EventName>(event: E, payload: EventPayload<E>): void {
    if (event === 'training.state' && !window.isDestroyed()) activity.state(studio.training);
    if (event === 'library.changed') activity.renamed();
    notifier.hear(event, payload);
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
  const orderly = closeWithCare({ window, studio, preferences, background, log }, () => {
    background.close();
    trainer.close();
    images.close();
    evaluator.close();
    exporter.close();
  });
  app.on('second-instance', (_event, _argv, _folder, start) => {
    background.show();
    const refusal = noticeOfSecond(start, home);
    if (refusal !== null) messages.tell(refusal);
  });
  // Both take a moment to load; the person needs neither before that. The others start when they are asked.
  trainer.start();
  images.start();
}

/** Makes the menu, in the language in use. */
function showMenu(preferences: PreferenceStore, onAction: (action: ActionId) => void): void {
  const menu = applicationMenu({
    logFile: mainLog.file,
    theme: preferences.value.theme,
    onAction,
    onTheme: (theme) => {
      preferences.change({ theme }).catch((error: unknown) => onProblem(windowSentenceOf(error)));
    },
  });
  Menu.setApplicationMenu(menu);
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
