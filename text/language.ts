/** The languages that the window can be read in, and the one in use. The command line speaks English. */

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

/** For `Intl`: English dates are written as in Britain, its numbers are the same everywhere. */
const TAGS: Readonly<Record<Language, { numbers: string; dates: string }>> = {
  en: { numbers: 'en-US', dates: 'en-GB' },
  de: { numbers: 'de-DE', dates: 'de-DE' },
};

let current: Language = 'en';

export function language(): Language {
  return current;
}

/** Before anything is said: what was said stays as it is. */
export function setLanguage(wanted: Language): void {
  current = wanted;
}

/** The first of the wanted languages that there is; `de-AT` is German. English where there is none. */
export function languageOf(...wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const short = tag?.toLowerCase().split(/[-_.]/)[0];
    if (short === 'en' || short === 'de') return short;
  }
  return 'en';
}

/** Language tag of the numbers. */
export function numbersTag(): string {
  return TAGS[current].numbers;
}

/** Language tag of dates and times. */
export function datesTag(): string {
  return TAGS[current].dates;
}

/** A number that is written with a decimal point, in the language in use. */
export function decimal(number: string): string {
  return current === 'de' ? number.replace('.', ',') : number;
}
