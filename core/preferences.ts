/**
 * What a person chooses once for the window: a file of its own in the folder for user data. Nothing of it changes what
 * is trained or drawn, so the command line has no use for it.
 */
import * as v from 'valibot';

/** What closing the window does while something is under way. */
export const CLOSINGS = ['ask', 'stop', 'background'] as const;
export const THEMES = ['system', 'light', 'dark'] as const;
/** `system`: that of the system where there is such a translation, else English. */
export const LANGUAGES = ['system', 'en', 'de'] as const;

/** Each by itself. */
export const PREFERENCES = {
  /** The machine does not go to sleep over a training. */
  keepAwake: v.boolean(),
  /** A notification when a training or the queue ends. */
  notifyOfEnds: v.boolean(),
  /** A notification when a training's diagnostics raise an alarm. */
  notifyOfAlarms: v.boolean(),
  whenClosing: v.picklist(CLOSINGS),
  theme: v.picklist(THEMES),
  /** Language of the window's texts. */
  language: v.picklist(LANGUAGES),
};

export const PreferencesSchema = v.strictObject(PREFERENCES);
/** Any of them. */
export const PreferenceChangeSchema = v.partial(PreferencesSchema);

export type Preferences = v.InferOutput<typeof PreferencesSchema>;
export type PreferenceChange = v.InferOutput<typeof PreferenceChangeSchema>;

export const DEFAULT_PREFERENCES: Preferences = {
  keepAwake: true,
  notifyOfEnds: true,
  notifyOfAlarms: true,
  whenClosing: 'ask',
  theme: 'system',
  language: 'system',
};
