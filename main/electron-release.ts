/** Which Electron this version of the application is made for, and how old the one is that runs it. */
import packageJson from '../package.json' with { type: 'json' };
import releases from './electron-releases.json' with { type: 'json' };

/** The version in `package.json`. */
export const PINNED_ELECTRON: string = packageJson.devDependencies.electron;

const RELEASED: Readonly<Record<string, string>> = releases.released;
const MONTH_MS = (365.25 / 12) * 24 * 3600 * 1000;

/**
 * A version with its date and age: `25.1.1 of June 2023, 3 years and 5 months old`. Without them where the date is not
 * known.
 *
 * @param now milliseconds since 1970
 */
export function electronText(version: string, now: number): string {
  const released = RELEASED[version];
  if (released === undefined) return version;
  const [year = 0, month = 1, day] = released.split('-').map(Number);
  const date = new Date(Date.UTC(year, month - 1, day ?? 15));
  const spoken = date.toLocaleDateString('en-GB', {
    ...(day !== undefined && { day: 'numeric' }),
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return `${version} of ${spoken}, ${ageText(now - date.getTime())} old`;
}

function ageText(age: number): string {
  const months = Math.max(0, Math.floor(age / MONTH_MS));
  const parts = [[Math.floor(months / 12), 'year'] as const, [months % 12, 'month'] as const].filter(
    ([count]) => count > 0,
  );
  if (parts.length === 0) return 'less than a month';
  return parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' and ');
}

/** What there is to say when another version runs than the pinned one; null when it is that one. */
export function electronRemark(version: string, now: number): string | null {
  if (version === PINNED_ELECTRON) return null;
  return `this version of CoVAE Studio is made for ${electronText(PINNED_ELECTRON, now)}`;
}
