import { afterEach, expect, it, vi } from 'vitest';
import { setLanguage } from '../text/language.ts';
import { DEFAULT_PREFERENCES, type Preferences } from '../core/preferences.ts';
import type { RunSummary } from '../core/run/manifest.ts';
import type { EventPayload } from './ipc/contract.ts';
import { Notifier } from './notifier.ts';

const FINISHED = { state: 'finished', collapsed: [] } as const;

function notifier(run: Partial<RunSummary> = {}, preferences: Partial<Preferences> = {}) {
  const show = vi.fn();
  const log = vi.fn();
  const ending = vi.fn(() => false);
  // No more of a summary than what is read of it.
  const summary = {
    name: 'Digits',
    step: 100,
    steps: 100,
    lastLoss: 0.5,
    lastMeasured: null,
    outcome: FINISHED,
  };
  const made = new Notifier({
    preferences: () => ({ ...DEFAULT_PREFERENCES, ...preferences }),
    summarize: async () => ({ ...summary, ...run }) as RunSummary,
    show,
    ending,
    log,
  });
  const state = (phase: EventPayload<'training.state'>['phase'], detail: string | null = null): void =>
    made.hear('training.state', { phase, runId: 'digits-a', detail });
  return { made, show, log, ending, state };
}

afterEach(() => setLanguage('en'));

const alarm = (value: number | null): EventPayload<'training.alarm'> => ({
  runId: 'digits-a',
  alarm: {
    kind: 'divergence',
    ...{ name: 'Gradient norm rose suddenly', step: 1200, value, bound: 10, t: null },
    advice: 'Try half of the learning rate.',
    goOn: null,
  },
});

it('tells once how a training ended, with its numbers', async () => {
  const { state, show } = notifier();
  state('preparing');
  state('running');
  state('paused');
  state('finished');
  state('finished');
  await vi.waitFor(() => expect(show).toHaveBeenCalledTimes(1));
  expect(show).toHaveBeenCalledWith({
    title: 'Digits',
    body: 'Finished after 100 steps. Loss 0.5.',
    runId: 'digits-a',
  });
});

it('tells of one that was stopped, that diverged and that failed', async () => {
  const stopped = notifier({ step: 40, outcome: { state: 'stopped', collapsed: [] }, lastLoss: null });
  stopped.state('running');
  stopped.state('idle');
  await vi.waitFor(() =>
    expect(stopped.show.mock.lastCall?.[0]).toMatchObject({ body: 'Stopped at step 40 of 100.' }),
  );
  for (const phase of ['diverged', 'failed'] as const) {
    const { state, show } = notifier();
    state('running');
    state(phase, 'The loss was not finite at step 12.');
    await vi.waitFor(() =>
      expect(show.mock.lastCall?.[0]).toMatchObject({ body: 'The loss was not finite at step 12.' }),
    );
  }
});

it('tells of alarms, but not of the one that ends the training', async () => {
  const { made, show } = notifier();
  made.hear('training.alarm', alarm(null));
  made.hear('training.alarm', alarm(50));
  await vi.waitFor(() => expect(show).toHaveBeenCalledTimes(1));
  expect(show.mock.lastCall?.[0]).toEqual({
    title: 'Digits: Gradient norm rose suddenly',
    body: 'Step 1,200. Try half of the learning rate.',
    runId: 'digits-a',
  });
});

it('tells of the end of the queue', () => {
  const { made, show } = notifier();
  made.hear('queue.ended', { trained: 3, failed: 1 });
  expect(show.mock.lastCall?.[0]).toMatchObject({ body: '3 runs trained, 1 run failed.', runId: null });
});

it('says nothing that is switched off, nor while the application ends', async () => {
  const off = notifier({}, { notifyOfEnds: false, notifyOfAlarms: false });
  const last = notifier();
  last.ending.mockReturnValue(true);
  for (const { made, state } of [off, last]) {
    state('running');
    state('finished');
    made.hear('training.alarm', alarm(50));
    made.hear('queue.ended', { trained: 2, failed: 0 });
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(off.show).not.toHaveBeenCalled();
  expect(last.show).not.toHaveBeenCalled();
});

it('speaks the language of the window, but for names', async () => {
  setLanguage('de');
  const { made, show, state } = notifier();
  made.hear('queue.ended', { trained: 2, failed: 0 });
  expect(show).toHaveBeenLastCalledWith(
    expect.objectContaining({ title: 'Die Warteschlange ist abgearbeitet', body: '2 Läufe trainiert.' }),
  );
  made.hear('queue.ended', { trained: 1, failed: 2 });
  expect(show).toHaveBeenLastCalledWith(
    expect.objectContaining({ body: '1 Lauf trainiert, 2 Läufe fehlgeschlagen.' }),
  );
  state('running');
  state('finished');
  await vi.waitFor(() => expect(show).toHaveBeenCalledTimes(3));
  expect(show.mock.lastCall?.[0]).toMatchObject({
    title: 'Digits',
    body: 'Beendet nach 100 Schritten. Loss 0,5.',
  });
});

it.each([
  [
    { step: 1200, steps: 3000, outcome: { state: 'stopped', collapsed: [] }, lastLoss: null },
    'Gestoppt bei Schritt 1.200 von 3.000.',
  ],
  [
    {
      outcome: {
        state: 'finished',
        collapsed: [
          { kind: 'mode-collapse', name: 'Mode collapse', value: 0.01, bound: 0.2, t: null },
          { kind: 'posterior-collapse', name: 'Posterior collapse', value: 1.5, bound: 2, t: 0.5 },
        ],
      },
      lastLoss: 0.0012,
      lastMeasured: { step: 100, measure: 'fd-1-pass', value: 31.24 },
    },
    'Beendet nach 100 Schritten, aber kollabiert. ' +
      'Die Samples sind einander gleich (ihre Streuung ist das 0,01-Fache derer der Bilder, mindestens das 0,2-Fache wird erwartet) ' +
      'und das Latent sagt fast nichts über das Bild (KL-Divergenz 1,5 Nats bei t = 0,5, mindestens 2 wird erwartet). ' +
      'Loss 0,0012. Fréchet-Distanz, 1 Durchgang: 31,2.',
  ],
] satisfies [Partial<RunSummary>, string][])('says of %j in German what came of it', async (run, body) => {
  setLanguage('de');
  const { show, state } = notifier(run);
  state('running');
  state('idle');
  await vi.waitFor(() => expect(show).toHaveBeenCalledTimes(1));
  expect(show.mock.lastCall?.[0]).toMatchObject({ body });
});

it('says alarms in German', async () => {
  setLanguage('de');
  const { made, show } = notifier();
  const { runId, alarm: told } = alarm(50);
  const advice = 'Go on with a lower learning rate, 0.0005 for instance.';
  made.hear('training.alarm', { runId, alarm: { ...told, name: 'Gradient rose suddenly', advice } });
  await vi.waitFor(() => expect(show).toHaveBeenCalledTimes(1));
  expect(show.mock.lastCall?.[0]).toMatchObject({
    title: 'Digits: Gradient plötzlich gestiegen',
    body: 'Schritt 1.200. Mit einer kleineren Lernrate fortsetzen, etwa 0,0005.',
  });
});
