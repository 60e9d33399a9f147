/** Where in the sources an operation was called, for messages to those who write programs. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Callers that are named, the innermost first. */
const NAMED = 3;
/** As many frames of tfjs lie between an operation and its caller at most. */
const FRAMES = 60;

const maps = new Map<string, SourceMap | null>();
let root: string | undefined;

/** Runs `body` with stacks that reach through tfjs to the caller. */
export function withDeepStacks<T>(body: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  try {
    return body();
  } finally {
    Error.stackTraceLimit = before;
  }
}

/**
 * The callers outside this folder and outside packages in an error's stack, such as
 * `core/nn/layers.ts:74 < core/nn/unet-block.ts:80`; null when there are none. In a bundle, its source map tells.
 */
export function callSite(error: Error): string | null {
  const callers: string[] = [];
  for (const { file, line } of framesOf(error)) {
    if (!isCaller(file)) continue;
    callers.push(`${shortened(file)}:${line}`);
    if (callers.length === NAMED) break;
  }
  return callers.length === 0 ? null : callers.join(' < ');
}

/** Ours, and not this folder's own part in a call. */
function isCaller(file: string): boolean {
  const [room = '', folder] = path.relative(projectRoot(), file).split(path.sep);
  if (room !== 'core' && room !== 'main') return false;
  return room !== 'core' || folder !== 'tensor' || /\.test\.[a-z]+$/.test(file);
}

/** From the folder of the sources on. */
function shortened(file: string): string {
  return path.relative(projectRoot(), file).replaceAll(path.sep, '/');
}

/** Where this file's sources lie, or lay when they were bundled: two folders above it. */
function projectRoot(): string {
  if (root === undefined) {
    const [own] = framesOf(new Error());
    root = path.resolve(path.dirname(own?.file ?? ''), '../..');
  }
  return root;
}

/** Where each frame of an error's stack lies in the sources, the innermost first; found as it is asked for. */
function* framesOf(error: Error): Generator<{ file: string; line: number }> {
  for (const frame of (error.stack ?? '').split('\n')) {
    const place = /((?:file:\/\/)?\/[^()]*|[A-Za-z]:[\\/][^()]*):(\d+):(\d+)\)?$/.exec(frame);
    if (place === null) continue;
    const [, at = '', row = '', column = ''] = place;
    yield sourceOf(at.startsWith('file:') ? fileURLToPath(at) : at, Number(row), Number(column));
  }
}

function sourceOf(file: string, line: number, column: number): { file: string; line: number } {
  if (!/\.c?js$/.test(file)) return { file, line };
  const entry = mapOf(file)?.findEntry(line - 1, column - 1);
  if (entry === undefined || !('originalSource' in entry)) return { file, line };
  return { file: path.resolve(path.dirname(file), entry.originalSource), line: entry.originalLine + 1 };
}

function mapOf(file: string): SourceMap | null {
  let map = maps.get(file);
  if (map === undefined) {
    try {
      map = new SourceMap(
        JSON.parse(readFileSync(`${file}.map`, 'utf8')) as ConstructorParameters<typeof SourceMap>[0],
      );
    } catch {
      map = null;
    }
    maps.set(file, map);
  }
  return map;
}
