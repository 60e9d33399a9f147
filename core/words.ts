/** Words within sentences; the one place that knows singular from plural. */

/** `1 image`, `12,000 images`. */
export function countOf(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${plural(count, one, many)}`;
}

/** `image` for one, `images` for none or several. */
export function plural(count: number | bigint, one: string, many = `${one}s`): string {
  return Number(count) === 1 ? one : many;
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`;
}

/** A clause as the beginning of a sentence. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
