/** What the catalogues should hold, by the sources, and what they do hold. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { keepText, readText } from './read.mjs';
import { mayHoldText, textSources } from './sources.mjs';

/**
 * All texts of the sources.
 *
 * @returns {{window: Map<string, string[]>, core: Map<string, string[]>, nouns: Map<string, string>, compared: Map<string, string>}} text → files that have it;
 *   noun → its plural; strings that are compared → a file. A text of the window is not in `core` again
 */
export function sourceTexts() {
  const texts = { window: new Map(), core: new Map() };
  const nouns = new Map();
  const compared = new Map();
  for (const [part, files] of Object.entries(textSources())) {
    for (const file of files) {
      const code = readFileSync(join(root, file), 'utf8');
      if (!mayHoldText(code)) continue;
      const found = readText(code, file);
      for (const { key, as } of found.messages) {
        if (as === 'tag' || (part === 'core' && texts.window.has(key))) continue;
        const where = texts[part].get(key) ?? [];
        if (!where.includes(file)) texts[part].set(key, [...where, file]);
      }
      for (const text of found.compared) compared.set(text, file);
      for (const [one, many] of found.nouns) nouns.set(one, many);
    }
  }
  for (const [text, file] of assetTexts()) {
    if (!texts.window.has(text)) texts.core.set(text, [...(texts.core.get(text) ?? []), file]);
  }
  keepText();
  return { ...texts, nouns, compared };
}

/** What presets and starting points are called and say of themselves. */
function assetTexts() {
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const presets = readdirSync(join(root, 'assets/presets')).map((name) => `assets/presets/${name}`);
  const starters = 'assets/starters/starters.json';
  return [
    ...presets.map((file) => [file, read(file)]),
    ...[read(starters)]
      .flat()
      .flatMap((value) => Object.values(value).flat())
      .map((value) => [starters, value]),
  ].flatMap(([file, { title, description }]) =>
    [title, description].filter((text) => typeof text === 'string').map((text) => [text, file]),
  );
}

export const PARTS = ['window', 'core', 'nouns'];

const fileOf = (language, part) => join(root, 'text', language, `${part}.json`);

/** @returns {Record<string, string | [string, string]>} */
export function readCatalogue(language, part) {
  try {
    return JSON.parse(readFileSync(fileOf(language, part), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Sorted, so that two changes seldom meet. */
export function writeCatalogue(language, part, entries) {
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  // One line each, of nouns too.
  const lines = sorted.map(
    ([key, text]) => `  ${JSON.stringify(key)}: ${JSON.stringify(text).replaceAll('","', '", "')}`,
  );
  writeFileSync(fileOf(language, part), `{\n${lines.join(',\n')}\n}\n`);
}

/** Places of a text, sorted: a translation has the same. */
export function placesOf(text) {
  return [...new Set([...text.matchAll(/\{(\d+)(?::dat)?\}/g)].map(([, at]) => at))].sort().join();
}
