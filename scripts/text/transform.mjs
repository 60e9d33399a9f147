/** A source as the window gets it: each of its texts is said in the language in use (`text/say.ts`). */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import MagicString from 'magic-string';
import { root } from '../setup/paths.mjs';
import { keepText, readText } from './read.mjs';
import { isWindowSource, mayHoldText } from './sources.mjs';

const NAME = '__say';
const RUNTIME = join(root, 'text/say.ts').split(sep).join('/');
const TAG = '__numbersTag';
const IMPORT = `import { say as ${NAME}, numbersTag as ${TAG} } from ${JSON.stringify(RUNTIME)};`;

/**
 * The source with calls in place of texts; null where it has none.
 *
 * @param {string} code
 * @param {string} file relative to the project
 */
export function withCalls(code, file) {
  const { messages, scriptStart } = readText(code, file);
  if (messages.length === 0) return null;
  const out = new MagicString(code);
  let end = 0;
  for (const message of messages) {
    // Inside another one.
    if (message.start < end) continue;
    out.overwrite(message.start, message.end, call(message));
    ({ end } = message);
  }
  if (!file.endsWith('.svelte')) out.prepend(`${IMPORT} `);
  else if (scriptStart === null) out.prepend(`<script>${IMPORT}</script>`);
  else out.appendLeft(scriptStart, ` ${IMPORT} `);
  return { code: out.toString(), map: out.generateMap({ hires: 'boundary', source: file }) };

  function call({ key, places, as }) {
    if (as === 'tag') return `${TAG}()`;
    const values = places.map(({ start, end: stop }) => inside(start, stop));
    const text = `${NAME}(${JSON.stringify(key)}${values.length > 0 ? `, [${values.map((value) => `(${value})`).join(', ')}]` : ''})`;
    return as === 'expression' ? text : `{${text}}`;
  }

  /** A stretch of the source with its own texts as calls. */
  function inside(start, stop) {
    let done = '';
    let at = start;
    for (const message of messages) {
      if (message.start < at || message.end > stop) continue;
      done += code.slice(at, message.start) + call(message);
      at = message.end;
    }
    return done + code.slice(at, stop);
  }
}

const fileOf = (id) => relative(root, id.replace(/\?.*$/, '')).split(sep).join('/');

/** For Vite: the window's sources, and those of `core/` and the contract that it takes along. */
export function textForVite() {
  return {
    name: 'text',
    enforce: 'pre',
    transform(code, id) {
      if (id.includes('?')) return null;
      const file = fileOf(id);
      return isWindowSource(file) && mayHoldText(code) ? withCalls(code, file) : null;
    },
    buildEnd: keepText,
  };
}

/** For esbuild: dialogs and menus of the main process. */
export function textForEsbuild() {
  return {
    name: 'text',
    setup(build) {
      build.onLoad({ filter: /[/\\]main[/\\]window[/\\][^/\\]*\.ts$/ }, ({ path }) => {
        const code = readFileSync(path, 'utf8');
        const file = fileOf(path);
        if (!mayHoldText(code)) return null;
        const made = withCalls(code, file);
        return made === null ? null : { contents: made.code, loader: 'ts' };
      });
    },
  };
}
