import { nativeImage, type NativeImage } from 'electron';
import { markBitmap } from './mark.ts';

/** The application's mark as the system takes pictures. @param size width and height in pixels */
export function appIcon(size: number): NativeImage {
  return nativeImage.createFromBitmap(Buffer.from(markBitmap(size)), { width: size, height: size });
}
