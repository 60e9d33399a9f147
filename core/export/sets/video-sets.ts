/**
 * Images as the frames of a film, MP4 or WebM. They are made by ffmpeg where it is installed: there is no encoder of either
 * that works outside a browser without one (the window has its own, see renderer/src/export/).
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { countOf } from '../../words.ts';
import type { PngText } from '../png.ts';
import { filmOf } from './animation-sets.ts';
import { checkFrames, gather } from './grid-set.ts';
import type { SetFormat, SetLook, SetShape } from './set.ts';

/** What each container is made with, beside what both are. */
const ENCODERS = {
  // Bright and dark as they are, for any player; nearly without loss.
  mp4: '-c:v libx264 -preset slow -crf 12 -pix_fmt yuv420p -movflags +faststart+use_metadata_tags -f mp4',
  webm: '-c:v libvpx-vp9 -crf 18 -b:v 0 -pix_fmt yuv420p -row-mt 0 -f webm',
} as const;

export const mp4 = video('mp4', '.mp4', 'an MP4 film');
export const webm = video('webm', '.webm', 'a WebM film');

function video(kind: keyof typeof ENCODERS, ending: string, words: string): SetFormat {
  return {
    ending,
    words,
    check: (shape, { animation: { pingPong } }) =>
      checkFrames({ ...shape, count: pingPong ? Math.max(1, 2 * shape.count - 2) : shape.count }),
    begin: async (target, shape, look) => {
      await checkEncoder();
      const all = gather(shape);
      const cancelled = new AbortController();
      return {
        write: (part) => all.add(part.images),
        finish: () => encode(kind, target, shape, look, all.images, cancelled.signal),
        abort: async () => {
          cancelled.abort();
          await fs.rm(target, { force: true });
        },
      };
    },
  };
}

/** @throws UserError when ffmpeg is not there */
async function checkEncoder(): Promise<void> {
  try {
    await run(['-version'], []);
  } catch {
    throw new UserError(
      'MP4 and WebM are made by ffmpeg here, which is not installed; install it (on Debian and Ubuntu apt install ffmpeg), export from the window, or take --as webp or --as apng.',
      {
        code: 'not-found',
        window: 'MP4 and WebM cannot be made here; take WebP or APNG as the format.',
      },
    );
  }
}

async function encode(
  kind: keyof typeof ENCODERS,
  target: string,
  { channels, height, width }: SetShape,
  look: SetLook,
  images: Parameters<typeof filmOf>[0],
  signal: AbortSignal,
): Promise<void> {
  const { frames, delaysMs } = filmOf(images, look);
  const rate = look.animation.framesPerSecond;
  const size = height * width * channels;
  const input = `-f rawvideo -pix_fmt ${channels === 1 ? 'gray' : 'rgb24'} -s ${width}x${height} -r ${rate} -i -`;
  // No clock and no version: the same bytes each time.
  const plain = '-threads 1 -map_metadata -1 -fflags +bitexact -flags:v +bitexact';
  const args = [
    ...`-hide_banner -loglevel error -y ${input}`.split(' '),
    // Both want an even number of pixels across and down.
    ...['-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2'],
    ...plain.split(' '),
    ...metadataOf(look.text),
    ...ENCODERS[kind].split(' '),
    target,
  ];
  const pieces = function* (): Generator<Uint8Array> {
    for (let i = 0; i < frames.count; i++) {
      const frame = frames.data.subarray(i * size, (i + 1) * size);
      const shown = Math.max(1, Math.round(((delaysMs[i] ?? 0) * rate) / 1000));
      for (let copy = 0; copy < shown; copy++) yield frame;
    }
  };
  try {
    await run(args, pieces(), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (await isFull(path.dirname(target))) {
      throw Object.assign(new Error('no space left', { cause: error }), { code: 'ENOSPC' });
    }
    throw new UserError(
      `ffmpeg could not make a film of ${countOf(frames.count, 'frame')} (${error instanceof Error ? error.message : String(error)}); take --as webp or --as apng.`,
      {
        ...{ code: 'unwritable', cause: error },
        window: `A film of ${countOf(frames.count, 'frame')} could not be made (${error instanceof Error ? error.message : String(error)}); take WebP or APNG as its format.`,
      },
    );
  }
}

/** Whether a disk has no room left; ffmpeg seldom says so. */
async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await fs.statfs(folder);
  return bavail * bsize < 65_536;
}

/** The containers have a place for a comment and for the program. */
function metadataOf(text: PngText): string[] {
  if (Object.keys(text).length === 0) return [];
  return ['-metadata', `comment=${JSON.stringify(text)}`];
}

/** Runs ffmpeg and hands it what it reads. @throws Error with what it says last */
async function run(
  args: readonly string[],
  input: Iterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn('ffmpeg', args, { stdio: ['pipe', 'ignore', 'pipe'], ...(signal && { signal }) });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString('utf8')).slice(-2000)));
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    // It ends with 0 also where the end of a file could not be written, and only says so.
    child.on('close', (code) =>
      code === 0 && !/^Error /m.test(said)
        ? resolve()
        : reject(new Error(said.trim().split('\n').at(-1) ?? `code ${code}`)),
    );
  });
  // When it goes early, its own end says why.
  child.stdin.on('error', () => undefined);
  const fed = (async () => {
    for (const piece of input) {
      if (!child.stdin.writable) return;
      if (!child.stdin.write(piece)) {
        await Promise.race([
          new Promise((resolve) => child.stdin.once('drain', resolve)),
          ended.catch(() => undefined),
        ]);
      }
    }
    child.stdin.end();
  })();
  await Promise.all([ended, fed]);
}
