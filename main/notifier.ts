/** Notifications of the system: how a training ended, what it raises an alarm about, and the end of the queue. */
import type { RunSummary } from '../core/run/manifest.ts';
import { outcomeSentence, type Speech } from '../core/run/outcome-sentence.ts';
import type { Preferences } from '../core/preferences.ts';
import { printable } from '../core/printable.ts';
import { decimal, numbersTag } from '../text/language.ts';
import { say, saidCount as countOf, saidList } from '../text/say.ts';
import { translated } from '../text/translated.ts';
import { type EventName, type EventPayload, isActivePhase } from './ipc/contract.ts';

export interface Note {
  title: string;
  body: string;
  /** The run that a click opens; null for none. */
  runId: string | null;
}

export interface NotifierOptions {
  preferences: () => Preferences;
  summarize: (runId: string) => Promise<RunSummary>;
  show: (note: Note) => void;
  /** Whether the application ends: nobody could click then. */
  ending: () => boolean;
  log: (message: string, error?: unknown) => void;
}

/** The language of the window. */
const SPEECH: Speech = { text: translated, number: decimal, list: saidList };

export class Notifier {
  readonly #options: NotifierOptions;
  /** A training is under way. */
  #active = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Hears all that the window is told. Never throws. */
  hear<E extends EventName>(event: E, payload: EventPayload<E>): void {
    this.#hear(event, payload).catch((error: unknown) => {
      this.#options.log('A notification could not be shown', error);
    });
  }

  async #hear<E extends EventName>(event: E, payload: EventPayload<E>): Promise<void> {
    const { notifyOfEnds, notifyOfAlarms } = this.#options.preferences();
    // The event's name ties the payload to its type.
    if (event === 'training.state')
      await this.#state(payload as EventPayload<'training.state'>, notifyOfEnds);
    if (event === 'training.alarm' && notifyOfAlarms) {
      await this.#alarm(payload as EventPayload<'training.alarm'>);
    }
    if (event === 'queue.ended' && notifyOfEnds) this.#queue(payload as EventPayload<'queue.ended'>);
  }

  async #state({ phase, runId, detail }: EventPayload<'training.state'>, wanted: boolean): Promise<void> {
    const before = this.#active;
    this.#active = isActivePhase(phase);
    if (!before || this.#active || runId === null || !wanted || this.#options.ending()) return;
    const run = await this.#options.summarize(runId);
    const told = phase === 'failed' || phase === 'diverged' ? detail : null;
    const body = told === null ? outcomeSentence(run, SPEECH) : translated(told);
    this.#options.show({ title: printable(run.name), body: printable(body), runId });
  }

  async #alarm({ runId, alarm }: EventPayload<'training.alarm'>): Promise<void> {
    // A step that was not finite ends the training, which has a notification of its own.
    if (alarm.value === null || this.#options.ending()) return;
    const { name } = await this.#options.summarize(runId);
    const step = alarm.step.toLocaleString(numbersTag());
    this.#options.show({
      title: printable(`${name}: ${translated(alarm.name)}`),
      body: printable(say('Step {0}. {1}', [step, translated(alarm.advice)])),
      runId,
    });
  }

  #queue({ trained, failed }: EventPayload<'queue.ended'>): void {
    if (this.#options.ending()) return;
    const body = queueSentence({ trained, failed });
    this.#options.show({ title: say('The queue is done'), body, runId: null });
  }
}

/** What came of the runs that waited. */
function queueSentence({ trained, failed }: EventPayload<'queue.ended'>): string {
  const runs = countOf(trained, 'run');
  if (failed === 0) return say('{0} trained.', [runs]);
  return say('{0} trained, {1} failed.', [runs, countOf(failed, 'run')]);
}
