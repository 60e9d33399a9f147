import { checkpointsFolder, checkpointsIn, readCheckpointManifest } from './checkpoint-files.ts';

/**
 * SHA-256 of a checkpoint's weights in hexadecimal digits, as its manifest has it.
 *
 * @returns null when there is no checkpoint of that step any more
 * @throws UserError when it cannot be read
 */
export async function weightsHash(
  runDir: string,
  step: number,
  weights: 'ema' | 'raw',
): Promise<string | null> {
  const checkpoints = await checkpointsIn(checkpointsFolder(runDir));
  const found = checkpoints.findLast((entry) => entry.step === step);
  if (found === undefined) return null;
  const { files } = await readCheckpointManifest(found);
  return files[weights === 'raw' ? 'model.safetensors' : 'ema.safetensors'].sha256;
}

/** `sha256:` and the {@link weightsHash}, as files say where they come from. */
export async function checkpointHash(
  runDir: string,
  step: number,
  weights: 'ema' | 'raw',
): Promise<string | null> {
  const hash = await weightsHash(runDir, step, weights);
  return hash === null ? null : `sha256:${hash}`;
}
