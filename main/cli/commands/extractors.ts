/** `covae extractors add` and `covae extractors list`: weights of the networks that images are looked at with. */
import type { Command } from 'commander';
import { printable } from '../../../core/printable.ts';
import type { StoredWeights } from '../../../core/evaluate/extractors/weights-store.ts';
import type { Bind } from '../bind.ts';
import { type CommonOptions, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';

export function addExtractorCommands(program: Command, bind: Bind): void {
  const extractors = program
    .command('extractors')
    .description('networks that images are looked at with when they are compared')
    .helpCommand(false);
  withCommonOptions(
    extractors
      .command('add')
      .description(
        "Keep the weights of FID's Inception v3 (2015) or of DINOv2 (ViT-S/14, ViT-L/14) from a file of your own, PyTorch's " +
          '(.pth) or safetensors. Nothing in it is run. Its SHA-256 is held against the published one; with other weights ' +
          'distances have another name.',
      )
      .argument(
        '<file>',
        'for instance pt_inception-2015-12-05-6726825d.pth or dinov2_vits14_pretrain.pth',
        parsePath,
      ),
  ).action(bind(add));
  withCommonOptions(
    extractors.command('list').description('Show which networks images can be looked at with.'),
  ).action(bind(list));
}

async function add(output: Output, _: CommonOptions, file = ''): Promise<number> {
  const { addWeights } = await import('../../../core/evaluate/extractors/weights-store.ts');
  output.phase(`Reading ${file}`);
  const stored = await addWeights(file);
  output.result({ ...stored }, [
    `${await titleOf(stored)}: ${verdict(stored)}`,
    `Kept in ${printable(stored.file)}`,
  ]);
  return 0;
}

async function list(output: Output): Promise<number> {
  const { EXTRACTORS, WEIGHTS_OF } = await import('../../../core/evaluate/extractors/extractor.ts');
  const { listWeights } = await import('../../../core/evaluate/extractors/weights-store.ts');
  const { NETWORKS } = await import('../../../core/evaluate/extractors/known-networks.ts');
  const { mobilenetFile } = await import('../../../core/evaluate/extractors/weights-file.ts');
  const added = await listWeights();
  const mobilenet = ((): string | null => {
    try {
      return mobilenetFile();
    } catch {
      return null;
    }
  })();
  const rows = EXTRACTORS.map((name) => {
    const network = WEIGHTS_OF[name];
    if (network === null)
      return { name, ready: true, weights: null, line: `${name}: needs no weights of a file` };
    if (network === 'mobilenet') {
      const line = mobilenet === null ? 'not there; run npm run setup' : printable(mobilenet);
      return { name, ready: mobilenet !== null, weights: null, line: `${name}: ${line}` };
    }
    const weights = added.find((stored) => stored.network === network) ?? null;
    const line =
      weights === null
        ? `not there; get ${NETWORKS[network].source} and add it by covae extractors add FILE`
        : `${verdict(weights)} ${printable(weights.file)}`;
    return { name, ready: weights !== null, weights, line: `${name}: ${line}` };
  });
  output.result(
    { extractors: rows.map(({ name, ready, weights }) => ({ name, ready, weights })) },
    rows.map(({ line }) => line),
  );
  return 0;
}

async function titleOf({ network }: StoredWeights): Promise<string> {
  const { NETWORKS } = await import('../../../core/evaluate/extractors/known-networks.ts');
  return NETWORKS[network].title;
}

function verdict({ sha256, known, source }: StoredWeights): string {
  return known
    ? `the published weights (${printable(source)}, SHA-256 ${sha256}).`
    : `not the published weights, so distances have a name of their own (${printable(source)}, SHA-256 ${sha256}).`;
}
