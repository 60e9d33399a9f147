/** What is used of a library whose own types do not say what its functions return. */
declare module 'libheif-js/wasm-bundle.js' {
  interface Failure {
    readonly code: unknown;
    readonly message?: string;
  }
  interface Handle {
    readonly handle: unique symbol;
  }
  interface Channel {
    readonly id: unknown;
    readonly width: number;
    readonly height: number;
    /** Bytes from a row to the next. */
    readonly stride: number;
    readonly data: Uint8Array;
  }
  interface Decoded {
    readonly image: unknown;
    readonly channels: readonly Channel[];
    readonly code?: undefined;
  }
  export interface Libheif {
    heif_context_alloc(): unknown;
    heif_context_free(context: unknown): void;
    heif_context_read_from_memory(context: unknown, bytes: Uint8Array): Failure;
    heif_js_context_get_primary_image_handle(context: unknown): Handle | Failure;
    heif_image_handle_get_width(handle: Handle): number;
    heif_image_handle_get_height(handle: Handle): number;
    heif_image_handle_has_alpha_channel(handle: Handle): number;
    heif_image_handle_release(handle: Handle): void;
    heif_js_decode_image2(handle: Handle, space: unknown, chroma: unknown): Promise<Decoded | Failure>;
    heif_image_release(image: unknown): void;
    readonly heif_error_code: { readonly heif_error_Ok: unknown };
    readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown };
    readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown };
    readonly heif_channel: { readonly heif_channel_interleaved: unknown };
  }
  const libheif: Libheif;
  export default libheif;
}
