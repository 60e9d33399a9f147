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
  for (const line of (error.stack ?? '').split('\n')) {
    const frame = /((?:file:\/\/)?\/[^()]*|[A-Za-z]:[\\/][^()]*):(\d+):(\d+)\)?$/.exec(line);
    if (frame === null) continue;
    const [, at = '', row = '', column = ''] = frame;
    const file = at.startsWith('file:') ? fileURLToPath(at) : at;
    const source = sourceOf(file, Number(row), Number(column));
    if (!isCaller(source.file)) continue;
    callers.push(`${shortened(source.file)}:${source.line}`);
    if (callers.length === NAMED) break;
  }
  return callers.length === 0 ? null : callers.join(' < ');
}

/** Ours, and not this folder's own part in a call. */
function isCaller(file: string): boolean {
  if (/[\\/]node_modules[\\/]/.test(file) || !/[\\/](core|main)[\\/]/.test(file)) return false;
  return !/[\\/]core[\\/]tensor[\\/]/.test(file) || /\.test\.[a-z]+$/.test(file);
}

/** From the folder of the sources on. */
function shortened(file: string): string {
  return /[\\/]((?:core|main)[\\/].*)$/.exec(file)?.[1]?.replaceAll('\\', '/') ?? file;
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
