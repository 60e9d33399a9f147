/**
 * Brings the catalogues up to date with the sources: `npm run text`. New texts come in without a translation, those that are
 * gone go, and what is missing is listed; ends with 1 while anything is. `--missing` prints that as JSON
 * (`messages`: text → files it stands in; `nouns`: singular → plural), and `--add FILE` takes the same with translations in their place
 * (of nouns: [singular, plural]).
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PARTS, placesOf, readCatalogue, sourceTexts, writeCatalogue } from './text/catalogues.mjs';

const { values } = parseArgs({
  options: {
    language: { type: 'string', default: 'de' },
    missing: { type: 'boolean', default: false },
    add: { type: 'string' },
  },
});
const texts = sourceTexts();
const added = { messages: {}, nouns: {}, ...(values.add && JSON.parse(readFileSync(values.add, 'utf8'))) };
const before = Object.fromEntries(PARTS.map((part) => [part, readCatalogue(values.language, part)]));
const missing = { messages: {}, nouns: {} };
const obsolete = [];
for (const part of PARTS) {
  const kind = part === 'nouns' ? 'nouns' : 'messages';
  // A text may have moved from one part to the other.
  const known = kind === 'nouns' ? { ...before.nouns } : { ...before.core, ...before.window };
  Object.assign(known, added[kind]);
  const after = {};
  for (const key of texts[part].keys()) {
    const text = known[key] ?? (kind === 'nouns' ? ['', ''] : '');
    after[key] = text;
    if ([text].flat().includes('')) missing[kind][key] = texts[part].get(key);
    else if (kind === 'messages' && placesOf(text) !== placesOf(key)) {
      process.stderr.write(`Other places than in English: ${key} → ${text}\n`);
      process.exitCode = 1;
    }
  }
  obsolete.push(...Object.keys(before[part]).filter((key) => !texts[part].has(key)));
  writeCatalogue(values.language, part, after);
}
const open = Object.values(missing).flatMap(Object.entries);
const count = open.length;
if (values.missing) process.stdout.write(`${JSON.stringify(missing, null, 1)}\n`);
else
  for (const [key, where] of open)
    process.stdout.write(`${JSON.stringify(key)}  ${[where].flat().join(', ')}\n`);
process.stderr.write(`${count} texts without a translation, ${obsolete.length} that are gone removed.\n`);
if (count > 0) process.exitCode = 1;
