/** The language of window, menus and dialogs. */
import type { Preferences } from '../../core/preferences.ts';
import { type Language, language, languageOf, setLanguage } from '../../text/language.ts';
import type { PreferenceStore } from '../preferences.ts';

/**
 * What is asked for at the start comes before what is set, and that before what the system speaks.
 *
 * @param asked by `--lang` or COVAE_LANGUAGE
 * @param system languages of the system, the preferred one first
 */
export function wantedLanguage(
  asked: string | undefined,
  { language: set }: Pick<Preferences, 'language'>,
  system: readonly string[],
): Language {
  // Of several that a person reads only the first one is meant.
  return languageOf(asked, set === 'system' ? system[0] : set);
}

/**
 * Speaks it from here on, and another one when it is chosen in the settings.
 *
 * @param asked by `--lang` or COVAE_LANGUAGE; holds until another one is chosen
 * @param changed after another one was chosen
 */
export function followLanguage(
  preferences: PreferenceStore,
  asked: string | undefined,
  system: readonly string[],
  changed: () => void,
): void {
  setLanguage(wantedLanguage(asked, preferences.value, system));
  let set = preferences.value.language;
  preferences.onChange((value) => {
    if (value.language === set) return;
    set = value.language;
    const wanted = wantedLanguage(undefined, value, system);
    if (wanted === language()) return;
    setLanguage(wanted);
    changed();
  });
}
