/** {@link findText}, kept over builds by what the source says: parsing is the slow part. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { findText } from './find.mjs';

const store = join(root, 'node_modules/.cache/text.json');
/** Another way of finding texts makes what was kept useless. */
const rules = createHash('sha1');
for (const name of ['find.mjs', 'prose.mjs']) rules.update(readFileSync(new URL(name, import.meta.url)));
const version = rules.digest('hex');

let kept;
const used = new Map();

function load() {
  try {
    const { version: of, files } = JSON.parse(readFileSync(store, 'utf8'));
    return new Map(of === version ? Object.entries(files) : []);
  } catch {
    return new Map();
  }
}

/** Looks like text, and is none: what a program reads. */
const notText = new Set(JSON.parse(readFileSync(join(root, 'text/not-text.json'), 'utf8')));

/** As {@link findText}, without what only looks like text. */
export function readText(code, file) {
  const { messages, ...others } = readFound(code, file);
  return { ...others, messages: messages.filter(({ key, as }) => as === 'tag' || !notText.has(key)) };
}

function readFound(code, file) {
  kept ??= load();
  const hash = createHash('sha1').update(code).digest('hex').slice(0, 16);
  const known = used.get(file) ?? kept.get(file);
  const found = known?.hash === hash ? known : { hash, ...findText(code, file) };
  used.set(file, found);
  return found;
}

/** Keeps what was found for the next time. */
export function keepText() {
  const files = Object.fromEntries([...(kept ?? []), ...used]);
  try {
    mkdirSync(dirname(store), { recursive: true });
    writeFileSync(store, JSON.stringify({ version, files }));
  } catch {
    // It is found anew then.
  }
}
