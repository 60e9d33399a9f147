/** Films by the browser's own encoders (WebCodecs), put into their container by mediabunny. */
import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  Quality,
  type VideoCodec,
  WebMOutputFormat,
} from 'mediabunny';
import type { ImageBatch } from '../../../core/data/dataset.ts';
import { writeRgba } from '../images/atlas.ts';

export interface DrawnFilm {
  frames: ImageBatch;
  /** How long each frame stays. */
  delaysMs: readonly number[];
  /** What the film says of itself; empty for nothing. */
  text: Readonly<Record<string, string>>;
}

export interface FilmOptions {
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
}

/** Nearly as drawn: single pixels of small pictures count. */
const QUALITY = new Quality('very-high');

/** What plays in most places first. */
const CODECS: Record<'mp4' | 'webm', VideoCodec[]> = {
  mp4: ['avc', 'vp9', 'av1'],
  webm: ['vp9', 'vp8', 'av1'],
};

/**
 * The bytes of a film.
 *
 * @throws Error in one sentence when this machine encodes nothing of the kind; the signal's reason when aborted
 */
export async function encodeFilm(
  kind: 'mp4' | 'webm',
  { frames, delaysMs, text }: DrawnFilm,
  { signal, onProgress }: FilmOptions,
): Promise<Uint8Array> {
  // Encoders want an even number of pixels across and down.
  const [width, height] = [2 * Math.ceil(frames.width / 2), 2 * Math.ceil(frames.height / 2)];
  const codec = await getFirstEncodableVideoCodec(CODECS[kind], {
    width,
    height,
    quality: QUALITY,
  });
  if (codec === null) {
    throw new Error(
      `This machine cannot encode ${kind === 'mp4' ? 'MP4' : 'WebM'} films of ${width} × ${height} pixels; choose another size or format.`,
    );
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('The window has no memory for a film; close other views.');
  const target = new BufferTarget();
  const format = kind === 'mp4' ? new Mp4OutputFormat({ fastStart: 'in-memory' }) : new WebMOutputFormat();
  const output = new Output({ format, target });
  const source = new CanvasSource(canvas, { codec, quality: QUALITY });
  output.addVideoTrack(source);
  if (Object.keys(text).length > 0) output.setMetadataTags({ comment: JSON.stringify(text) });
  try {
    await output.start();
    let seconds = 0;
    const image = context.createImageData(frames.width, frames.height);
    for (let i = 0; i < frames.count; i++) {
      signal.throwIfAborted();
      writeRgba(frames, i, image.data, frames.width, 0, 0);
      context.putImageData(image, 0, 0);
      const duration = (delaysMs[i] ?? 100) / 1000;
      await source.add(seconds, duration);
      seconds += duration;
      onProgress(i + 1, frames.count);
    }
    await output.finalize();
  } catch (error) {
    await output.cancel().catch(() => undefined);
    throw error;
  }
  if (target.buffer === null) throw new Error('The film came out empty; try another format.');
  return new Uint8Array(target.buffer);
}
