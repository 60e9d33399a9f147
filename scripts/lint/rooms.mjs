/**
 * Who may import whom: the table of rooms in code. `objectionTo` is the table; `roomsPlugin` makes ESLint ask it
 * about every import, re-export, `import()`, `import('…').Type` and `require()`.
 */
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { circlesRule } from './circles.mjs';
import { eachImport } from './imports.mjs';

const WINDOW_PACKAGES = ['svelte', '@lucide/svelte', '@testing-library/svelte', 'dexie', 'uplot'];
const NETWORK_MODULES = ['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'dns/promises'];

const BELOW_TRAIN = 'tensor data config schedule nn covae export run weights explore metrics evaluate'.split(
  ' ',
);

/** Inside `core/`: whose code each folder may use besides its own; a folder stands above all that it uses. */
const CORE_ORDER = {
  tensor: [],
  data: [],
  config: ['data'],
  schedule: ['config'],
  nn: ['tensor', 'config'],
  covae: ['tensor', 'config', 'schedule', 'nn'],
  export: ['data'],
  run: ['data', 'config', 'schedule'],
  weights: ['data', 'run'],
  metrics: ['tensor', 'data'],
  explore: ['tensor', 'data', 'config', 'schedule', 'nn', 'covae', 'export', 'run', 'metrics'],
  provenance: ['export'],
  evaluate: ['tensor', 'data', 'config', 'schedule', 'run', 'weights', 'explore', 'metrics'],
  takeout: 'tensor data config schedule nn covae export run explore provenance evaluate'.split(' '),
  train: BELOW_TRAIN,
  portable: [...BELOW_TRAIN, 'train'],
  experiment: [...BELOW_TRAIN, 'train'],
  bench: [...BELOW_TRAIN, 'train'],
};

/** What main itself, which never computes, may know types of only; the trainer and the command line may use all of it. */
const TENSOR_FOLDERS = /^core\/(tensor|nn|covae|metrics|evaluate|train|portable|experiment|bench)\//;

/** What is known of evaluations and starts without computing: main may use it, and it loads no tensors itself. */
const TENSOR_FREE =
  /^core\/(evaluate\/(record|store|table|comparison|measure-table|classifier\/record|extractors\/(extractor|weights-file))|train\/(config-file|reference-config|weights-file|start\/config-of-start))\.ts$/;

/** Plain arithmetic on numbers: a page that is exported with a model draws the same numbers in a browser. */
const PAGE_ARITHMETIC = /^core\/(tensor\/noise|explore\/paths\/spherical|portable\/page\/page-data)\.ts$/;

const computes = (file) => TENSOR_FOLDERS.test(file) && !TENSOR_FREE.test(file);

const roomOf = (path) => path.split('/')[0];
const isTest = (path) => /\.test\.[a-z]+$|(^|\/)test(-|\/)/.test(path);
const isPackage = (name, list) => list.some((entry) => name === entry || name.startsWith(`${entry}/`));

/**
 * Says why an import is not allowed, or undefined.
 *
 * @param {object} arrow
 * @param {string} arrow.from importing file, relative to the project, with `/`
 * @param {string} [arrow.file] imported file of ours, likewise
 * @param {string} [arrow.module] or the imported package or Node.js module
 * @param {boolean} [arrow.typeOnly] only types are imported
 */
export function objectionTo({ from, file, module, typeOnly = false }) {
  const room = roomOf(from);
  if (module !== undefined) return objectionToModule(from, room, module, typeOnly);
  // Says name and version of the application; data, not code.
  if (file === 'package.json') return undefined;
  const target = roomOf(file);
  if (target === room) {
    if (TENSOR_FREE.test(from) && computes(file) && !typeOnly) {
      return 'main knows this file, and main loads no tensors';
    }
    if (room === 'core') return objectionInsideCore(from, file);
    if (
      room === 'main' &&
      /^main\/(cli|trainer)\//.test(file) &&
      !/^main\/(cli|trainer)\//.test(from) &&
      !typeOnly
    ) {
      return 'the main process never computes; the trainer and the command line are programs of their own';
    }
    return undefined;
  }
  // What is said in which language: the window and the dialogs of main ask it.
  if (target === 'text' && ['main', 'renderer', 'e2e'].includes(room)) return undefined;
  if (room === 'torture' && target === 'fuzz') return undefined;
  if (target === 'e2e' || target === 'fuzz' || target === 'torture') return `nobody imports from ${target}/`;
  switch (room) {
    case 'core':
      return `core/ imports nothing from ${target}/`;
    case 'main':
      if (target !== 'core') return `main/ imports from core/ only, not from ${target}/`;
      if (computes(file) && !typeOnly && !/^main\/(cli|trainer)\//.test(from) && !isTest(from)) {
        return 'the main process never computes; only the trainer and the command line load tensors';
      }
      return undefined;
    case 'renderer':
      if (file === 'main/ipc/contract.ts') return undefined;
      // Plain arithmetic on texts, the same for all that is shown.
      if (file === 'core/printable.ts') return undefined;
      if (from.startsWith('renderer/page/') && PAGE_ARITHMETIC.test(file)) return undefined;
      if (target === 'core')
        return typeOnly ? undefined : 'renderer/ imports only types from core/ (`import type`)';
      return `renderer/ imports from main/ipc/contract.ts and types from core/ only`;
    case 'text':
      return 'text/ imports from itself only';
    case 'fuzz':
      return target === 'core' ? undefined : 'fuzz/ tries core/ and imports from there only';
    case 'torture':
      return target === 'core' || target === 'main'
        ? undefined
        : 'torture/ tries core/ and main/ and imports from there and from fuzz/ only';
    case 'e2e':
      if (target === 'core' || file === 'main/ipc/contract.ts') return undefined;
      return 'e2e/ drives the application from outside; it imports from core/ and main/ipc/contract.ts only';
    default:
      return undefined;
  }
}

function objectionToModule(from, room, module, typeOnly) {
  const node = isBuiltin(module);
  const plain = module.replace(/^node:/, '');
  if (['core', 'main', 'renderer'].includes(room) && node && NETWORK_MODULES.includes(plain) && !typeOnly) {
    return 'nothing reaches the network at run time';
  }
  if (room === 'core' || room === 'main') {
    if (isPackage(module, WINDOW_PACKAGES)) return `${room}/ knows nothing of the window's packages`;
  }
  const withoutElectron = room === 'core' || room === 'renderer' || from.startsWith('main/cli/');
  if (withoutElectron && isPackage(module, ['electron'])) return 'this part runs without Electron';
  // What makes the window is no part of it.
  const builds = from.endsWith('vite.config.ts') || from.startsWith('renderer/build/');
  if (room === 'renderer' && !isTest(from) && !builds) {
    if (node) return 'renderer/ is sandboxed and has no Node.js modules';
    if (isPackage(module, ['@tensorflow/tfjs-node-gpu', 'sharp', 'mnist']))
      return 'renderer/ holds no tensors';
  }
  if (from === 'main/preload.ts' && node) return 'the preload script is sandboxed and has no Node.js modules';
  return undefined;
}

function objectionInsideCore(from, file) {
  const folder = from.split('/')[1];
  const target = file.split('/')[1];
  if (folder === target || isTest(from)) return undefined;
  // Files directly in core/ serve everyone and use no folder's code.
  if (target.includes('.')) return undefined;
  if (CORE_ORDER[folder]?.includes(target)) return undefined;
  const allowed = CORE_ORDER[folder] ?? [];
  return `core/${folder}/ may use ${allowed.length ? allowed.join(', ') : 'no other folder'}, not core/${target}/`;
}

const rule = {
  meta: {
    type: 'problem',
    docs: { description: 'Keep imports between rooms to the arrows of ARCHITECTURE.md' },
    messages: { forbidden: "'{{name}}' must not be imported here: {{why}}." },
    schema: [],
  },
  create(context) {
    const path = (file) => relative(context.cwd, file).split(sep).join('/');
    const from = path(context.filename);

    return eachImport((source, typeOnly) => {
      const name = source.value.replace(/\?.*$/, '');
      const target = /^\.{1,2}(\/|$)/.test(name)
        ? { file: path(resolve(dirname(context.filename), name)) }
        : { module: name };
      const why = objectionTo({ from, ...target, typeOnly });
      if (why) context.report({ node: source, messageId: 'forbidden', data: { name: source.value, why } });
    });
  },
};

/** ESLint plugin with the rules `rooms/imports` and `rooms/circles`. */
export const roomsPlugin = { meta: { name: 'rooms' }, rules: { imports: rule, circles: circlesRule } };
