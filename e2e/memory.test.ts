/** The window of a training that lasts: ten thousand events take no more memory than the curves that they make. */
import { expect, test } from '@playwright/test';
import { makeRuns } from './made-up-runs.ts';
import { type Folders, putAway, SLOW, StudioApp, temporaryFolders } from './studio.ts';

const EVENTS = 10_000;
/** Growth of the page's heap that is allowed for all of them, in megabytes; the lines themselves as objects take five times as much. */
const MOST = 8;

let folders: Folders;
let app: StudioApp;

test.afterEach(() => putAway(app, folders));

test('ten thousand events of a training fill no memory', async () => {
  folders = await temporaryFolders();
  await makeRuns(folders.home, 1);
  app = await StudioApp.launch(folders);
  const { page } = app;
  await app.open('Train');
  await page
    .getByRole('region', { name: 'Runs' })
    .getByRole('button', { name: /^sweep 000/ })
    .click({ timeout: SLOW });
  await expect(page.getByRole('application', { name: /^Loss over 100 values/ })).toBeVisible({
    timeout: SLOW,
  });
  const runId = await page.evaluate(async () => {
    const { covae } = window as unknown as {
      covae: { invoke(channel: string, params: object): Promise<{ value: { id: string }[] }> };
    };
    return (await covae.invoke('runs.list', {})).value[0]?.id ?? '';
  });
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await session.send('Performance.enable');
  const heap = async (): Promise<number> => {
    await page.waitForTimeout(600);
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? NaN) / 1e6;
  };
  /** What main tells the window of so many steps. */
  const tell = (from: number, count: number): Promise<void> =>
    app.electron.evaluate(
      async ({ BrowserWindow }, { run, first, last }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        const send = (name: string, payload: object): void => contents?.send('covae:event', name, payload);
        send('training.state', { phase: 'running', runId: run, detail: null });
        for (let step = first; step < last; step++) {
          const line = {
            ...{ step, loss: 40 + Math.sin(step), recLoss: 20, denoiserLoss: 9, klLoss: 3, gradNorm: 10 },
            ...{ learningRate: 0.001, intervals: 64, stepsPerSecond: 5, seconds: step / 5 },
          };
          send('training.progress', { ...line, runId: run, steps: 100_000, secondsLeft: 60 });
          send('training.logged', { runId: run, lines: [line] });
          if (step % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
      { run: runId, first: from, last: from + count },
    );
  await tell(1001, 1000);
  await expect(page.getByRole('application', { name: /^Loss over 1,100 values/ })).toBeVisible({
    timeout: SLOW,
  });
  const before = await heap();
  await tell(2001, EVENTS);
  await expect(page.getByRole('application', { name: /^Loss over 11,100 values/ })).toBeVisible({
    timeout: SLOW,
  });
  const after = await heap();
  console.log(`Heap of the page: ${before.toFixed(1)} MB, after ${EVENTS} events ${after.toFixed(1)} MB`);
  expect(after - before).toBeLessThan(MOST);
});
