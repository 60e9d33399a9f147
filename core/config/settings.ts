import * as v from 'valibot';

/** What settings may look like on their way: checked against the configuration's schema when they are applied. */
export const SettingsSchema = v.record(v.pipe(v.string(), v.maxLength(64)), v.unknown());

/**
 * A change of a configuration: dotted keys → values as in the JSON of a preset's `config`, such as
 * `{ 'training.steps': 100 }`. Fields of the window, options of the command line and experiments all give their changes
 * in this form, and `applySettings` is the one function that makes them.
 */
export type Settings = Readonly<v.InferOutput<typeof SettingsSchema>>;
