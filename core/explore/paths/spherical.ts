/**
 * Spherical interpolation between two latents: the great circle between their directions, with the length
 * going linearly from one's to the other's, so that the way does not cut through the middle where a
 * Gaussian has no mass. Falls back to the straight line where the directions (nearly) agree or oppose.
 * @param position 0 (a) … 1 (b)
 */
export function sphericalInterpolation(a: Float32Array, b: Float32Array, position: number): Float32Array {
  const lengthA = Math.hypot(...a);
  const lengthB = Math.hypot(...b);
  let dot = 0;
  for (let i = 0; i < a.length; i++) dot += (a[i] ?? 0) * (b[i] ?? 0);
  const cosine = Math.max(-1, Math.min(1, dot / (lengthA * lengthB)));
  const angle = Math.acos(cosine);
  const sine = Math.sin(angle);
  if (!(sine > 1e-4)) return a.map((value, i) => value + ((b[i] ?? 0) - value) * position);
  const length = lengthA + (lengthB - lengthA) * position;
  const weightA = (Math.sin((1 - position) * angle) / sine / lengthA) * length;
  const weightB = (Math.sin(position * angle) / sine / lengthB) * length;
  return a.map((value, i) => weightA * value + weightB * (b[i] ?? 0));
}
