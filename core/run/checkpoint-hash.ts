import { checkpointsFolder, checkpointsIn, readCheckpointManifest } from './checkpoint-files.ts';

/**
 * `sha256:<hex>` of a checkpoint's weights, as its manifest has it.
 *
 * @returns null when there is no checkpoint of that step any more
 * @throws UserError when it cannot be read
 */
export async function checkpointHash(
  runDir: string,
  step: number,
  weights: 'ema' | 'raw',
): Promise<string | null> {
  const found = (await checkpointsIn(checkpointsFolder(runDir))).filter((entry) => entry.step === step);
  for (const entry of found.reverse()) {
    const manifest = await readCheckpointManifest(entry);
    return `sha256:${manifest.files[weights === 'raw' ? 'model.safetensors' : 'ema.safetensors'].sha256}`;
  }
  return null;
}
