/** Mirrors an image left to right, in place. @param line number of values in a line of pixels */
export function mirror(image: Float32Array | Uint8Array, line: number, channels: number): void {
  for (let start = 0; start < image.length; start += line) {
    for (let left = 0, right = line - channels; left < right; left += channels, right -= channels) {
      for (let c = 0; c < channels; c++) {
        const kept = image[start + left + c] ?? 0;
        image[start + left + c] = image[start + right + c] ?? 0;
        image[start + right + c] = kept;
      }
    }
  }
}
