/** Sentences of errors that name a command or an option have another form for the window, which has controls instead. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { namesBelow } from './files.ts';

const CORE = import.meta.dirname;

/** A command, or an option of one. */
const COMMAND = /\bcovae [a-z]|(?<![\w-])--[a-z]/;

/** What only commands do, so that nobody reads its sentences in the window; and what the window has no control for. */
const OF_COMMANDS: readonly string[] = [
  // Classifiers and feature networks of one's own are made by commands.
  ...['evaluate/classifier/', 'evaluate/extractors/', 'evaluate/pile.ts'],
  // The window sends orders that were made from its controls, and files that commands made stay theirs.
  ...['explore/passes.ts', 'explore/points/latent-file.ts', 'takeout/'],
  ...['train/weights-import.ts', 'library.ts', 'move-library.ts', 'run/run-dataset.ts'],
];

it('has words for the window wherever an error names a command', async () => {
  const found: string[] = [];
  for (const name of await namesBelow(CORE)) {
    if (!name.endsWith('.ts') || /\.test\.ts$|(^|\/)test-|testdata/.test(name)) continue;
    if (OF_COMMANDS.some((known) => name === known || (known.endsWith('/') && name.startsWith(known))))
      continue;
    const text = fs.readFileSync(path.join(CORE, name), 'utf8');
    for (const part of text.split('new UserError(').slice(1)) {
      const end = part.search(/\)[;,]\n|\)\n/);
      const call = end < 0 ? part.slice(0, 900) : part.slice(0, end);
      if (COMMAND.test(call) && !call.includes('window')) found.push(`${name}: ${call.trim().slice(0, 160)}`);
    }
  }
  expect(found).toEqual([]);
});
