/** The part of the contract that is about the window's settings. */
import * as v from 'valibot';
import { PreferenceChangeSchema, PreferencesSchema } from '../../core/preferences.ts';

export const PreferenceCalls = {
  'preferences.get': { params: v.strictObject({}), result: PreferencesSchema },
  /** Changes those that are given; they hold at once. */
  'preferences.change': { params: PreferenceChangeSchema, result: PreferencesSchema },
} as const;

export const PreferenceEvents = {
  'preferences.changed': PreferencesSchema,
} as const;
