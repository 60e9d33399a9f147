/**
 * HEIC files, as phones write them. sharp's libvips comes without a decoder of HEVC, so these are decoded by libheif as
 * WebAssembly. Its package is a file of its own under the LGPL, as libvips is, loaded when the first such file comes.
 */
import type { Libheif } from 'libheif-js/wasm-bundle.js';
import type { RawImage } from './raw-image.ts';
import { checkPixels, damaged, endsEarly, UnusableImage } from './unusable-image.ts';

let loading: Promise<Libheif> | null = null;

async function load(): Promise<Libheif> {
  const { default: libheif } = await import('libheif-js/wasm-bundle.js');
  return libheif;
}

/**
 * Decodes the main image of a file, turned as the file says; colour profiles are passed over.
 *
 * @throws UnusableImage with the reason
 */
export async function decodeHeic(bytes: Uint8Array): Promise<RawImage> {
  const libheif = await (loading ??= load());
  try {
    return await decodeWith(libheif, bytes);
  } catch (error) {
    if (error instanceof UnusableImage) throw error;
    // C++ exceptions and traps of WebAssembly arrive as all kinds of values.
    throw damaged('its pixels cannot be decoded');
  }
}

async function decodeWith(libheif: Libheif, bytes: Uint8Array): Promise<RawImage> {
  const context = libheif.heif_context_alloc();
  try {
    const read = libheif.heif_context_read_from_memory(context, bytes);
    if (read.code !== libheif.heif_error_code.heif_error_Ok)
      throw reasonOf(read.message, 'its header cannot be read');
    const handle = libheif.heif_js_context_get_primary_image_handle(context);
    if ('code' in handle) throw reasonOf(handle.message, 'its header cannot be read');
    try {
      const width = libheif.heif_image_handle_get_width(handle);
      const height = libheif.heif_image_handle_get_height(handle);
      checkPixels(width, height);
      const decoded = await libheif.heif_js_decode_image2(
        handle,
        libheif.heif_colorspace.heif_colorspace_RGB,
        libheif.heif_chroma.heif_chroma_interleaved_RGBA,
      );
      if (decoded.code !== undefined || !('channels' in decoded)) {
        throw reasonOf('message' in decoded ? decoded.message : undefined, 'its pixels cannot be decoded');
      }
      const channels = libheif.heif_image_handle_has_alpha_channel(handle) ? 4 : 3;
      const plane = decoded.channels.find(({ id }) => id === libheif.heif_channel.heif_channel_interleaved);
      if (plane === undefined || plane.width !== width || plane.height !== height) {
        throw damaged('its header says another size than its pixels have');
      }
      const data = packed(plane, channels);
      libheif.heif_image_release(decoded.image);
      return { height, width, channels, data };
    } finally {
      libheif.heif_image_handle_release(handle);
    }
  } finally {
    libheif.heif_context_free(context);
  }
}

/** RGBA with room behind its rows → RGB or RGBA. */
function packed(
  { width, height, stride, data }: { width: number; height: number; stride: number; data: Uint8Array },
  channels: 3 | 4,
): Uint8Array {
  const result = new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    for (let from = y * stride; from < y * stride + 4 * width; from += 4, to += channels) {
      for (let c = 0; c < channels; c++) result[to + c] = data[from + c]!;
    }
  }
  return result;
}

function reasonOf(message: string | undefined, otherwise: string): UnusableImage {
  return /end of file|too small|outside of file/i.test(message ?? '') ? endsEarly() : damaged(otherwise);
}
