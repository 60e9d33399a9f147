import { word } from '../../text/say.ts';
import { datesTag, decimal, numbersTag } from '../../text/language.ts';

export { saidCount as formatPlural, saidNoun as plural } from '../../text/say.ts';

// The language of a page does not change; this is loaded after it is known.
const integers = new Intl.NumberFormat(numbersTag());
const dates = new Intl.DateTimeFormat(datesTag(), { day: 'numeric', month: 'short', year: 'numeric' });
const times = new Intl.DateTimeFormat(datesTag(), { hour: '2-digit', minute: '2-digit' });

/** What stands where a value is not known. */
export const UNKNOWN = '—';

/** `60000` → `60,000`. */
export function formatCount(value: number): string {
  return integers.format(Math.round(value));
}

/** Seconds in the two largest units that matter: `45 s`, `3 min 05 s`, `1 h 12 min`, `2 d 3 h`. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return UNKNOWN;
  const whole = Math.round(seconds);
  if (whole < 1) return word('under 1 s');
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A positive rate with three significant digits, without exponents: `0.52`, `12.4`, `1,240`. */
export function formatRate(value: number): string {
  if (!Number.isFinite(value) || value <= 0) return UNKNOWN;
  if (value >= 100) return formatCount(value);
  return decimal(value.toFixed(value >= 10 ? 1 : 2));
}

/** A loss with four significant digits; very large and very small ones with an exponent. */
export function formatLoss(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (!Number.isFinite(value)) return 'not finite';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return decimal(value.toExponential(2));
  return size >= 1000 ? integers.format(Math.round(value)) : decimal(value.toPrecision(4));
}

/** A share 0 … 1 as whole per cent; never `100 %` before the end. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return UNKNOWN;
  const bounded = Math.min(1, Math.max(0, share));
  return `${bounded < 1 ? Math.min(99, Math.floor(bounded * 100)) : 100} %`;
}

/** A share 0 … 1 in per cent with one digit after the point: `9.9 %`. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${decimal((100 * share).toFixed(1))} %` : UNKNOWN;
}

/** `2 Mar 2026, 14:05`; `today, 14:05` on the same day. */
export function formatDate(iso: string, now = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const day = date.toDateString() === now.toDateString() ? word('today') : dates.format(date);
  return `${day}, ${times.format(date)}`;
}

/** `28 × 28, grey`. */
export function formatShape(height: number, width: number, channels: 1 | 3): string {
  return `${width} × ${height}, ${word(channels === 1 ? 'grey' : 'colour')}`;
}

/** Parameters of a network: `2.1 M`, `850 k`. */
export function formatParameters(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value >= 1e6) return `${decimal((value / 1e6).toFixed(value >= 1e7 ? 1 : 2))} M`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(0)} k`;
  return formatCount(value);
}

/** `12.30 M parameters`. */
export function formatSize(parameters: number | null): string {
  return `${formatParameters(parameters)} parameters`;
}

/** `12.3 GB`, three significant digits. */
export function formatBytes(bytes: number): string {
  const units = [word('bytes'), 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3)).toLocaleString(numbersTag())} ${units[unit] ?? ''}`;
}

/** Any number with three significant digits and no idle zeros: `0.001`, `12.6`. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const short = Number(value.toPrecision(3));
  return short !== 0 && Math.abs(short) < 1e-4
    ? decimal(short.toExponential())
    : short.toLocaleString(numbersTag(), { maximumFractionDigits: 6 });
}
