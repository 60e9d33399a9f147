/**
 * No file imports itself by way of others, in `core/`, `main/` and `renderer/`; imports of types count too. What imports
 * in a circle can only be understood, tested and moved together.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { eachImport } from './imports.mjs';

const ROOMS = /^(?:core|main|renderer)\//;

/** Files that were read, with the time of their last change: an editor keeps this loaded while they change. */
const known = new Map();

/**
 * Files that a text imports, re-exports, or takes types of.
 *
 * @param {string} file absolute; for `.svelte` its scripts are looked at
 * @param {string} text
 * @returns {string[]} absolute
 */
export function importsIn(file, text) {
  const code = file.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script).join('\n')
    : text;
  return ts
    .preProcessFile(code, true, true)
    .importedFiles.map(({ fileName }) => fileName.replace(/\?.*$/, ''))
    .filter((name) => /^\.{1,2}\//.test(name))
    .map((name) => resolve(dirname(file), name));
}

function importsOf(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || !/\.(?:ts|mjs|js|svelte)$/.test(file)) return [];
  const before = known.get(file);
  if (before?.changed === stat.mtimeMs) return before.imports;
  const imports = importsIn(file, readFileSync(file, 'utf8'));
  known.set(file, { changed: stat.mtimeMs, imports });
  return imports;
}

/**
 * The shortest way from a file back to itself.
 *
 * @param {string} from
 * @param {string[]} first what it imports
 * @param {(file: string) => string[]} next what others import
 * @returns {string[] | null} the files on the way, without `from`; null when there is none
 */
export function circleFrom(from, first, next) {
  const cameFrom = new Map(first.map((file) => [file, null]));
  for (const file of cameFrom.keys()) {
    if (file === from || next(file).includes(from)) {
      const way = [];
      for (let at = file; at !== null && at !== from; at = cameFrom.get(at)) way.unshift(at);
      return way;
    }
    for (const further of next(file)) if (!cameFrom.has(further)) cameFrom.set(further, file);
  }
  return null;
}

/** ESLint rule: reports the import with which a circle begins. */
export const circlesRule = {
  meta: {
    type: 'problem',
    docs: { description: 'Let no file import itself by way of others' },
    messages: { circle: 'This import leads back here: {{way}}.' },
    schema: [],
  },
  create(context) {
    const path = (file) => relative(context.cwd, file).split(sep).join('/');
    const from = context.filename;
    if (!ROOMS.test(path(from))) return {};
    const way = circleFrom(from, importsIn(from, context.sourceCode.text), importsOf);
    if (way === null) return {};
    const begins = way[0] ?? from;
    let reported = false;
    return eachImport((source) => {
      const target = resolve(dirname(from), String(source.value).replace(/\?.*$/, ''));
      if (reported || target !== begins) return;
      reported = true;
      context.report({
        node: source,
        messageId: 'circle',
        data: { way: way.map(path).join(' → ') || 'itself' },
      });
    });
  },
};
