/** `covae describe`. */
import type { Command } from 'commander';
import { loadPreset } from '../../../core/config/presets.ts';
import { formatAmount, formatBytes, table } from '../format.ts';
import { type CommonOptions, parsePath } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { countOf } from '../../../core/words.ts';

export function addDescribeCommand(program: Command, bind: Bind): void {
  program
    .command('describe')
    .description('Print the layers of a preset with shapes and parameters, and what a training step needs.')
    .argument(
      '<preset>',
      'a preset that comes with the program, or a JSON file with a configuration',
      parsePath,
    )
    .option('--json', 'print JSON lines for machines instead of text')
    .action(bind(describe));
}

async function describe(output: Output, _: CommonOptions, name = ''): Promise<number> {
  const { readConfigFile } = await import('../../../core/train/config-file.ts');
  const isFile = name.endsWith('.json') || /[\\/]/.test(name);
  const { config } = isFile ? await readConfigFile(name) : await loadPreset(name);
  const { describeModel } = await import('../../../core/train/describe.ts');
  const description = describeModel(config);
  const { layers, parameters, latent, memory, work } = description;
  const { imageSize, channels } = config.network;
  const { batchSize, accumulate } = config.training;
  const shape = (sizes: readonly number[]): string => sizes.join(' × ');

  const rows = layers.map((layer) => [
    layer.name,
    layer.kind,
    shape(layer.shape),
    formatCount(layer.parameters),
    formatAmount(layer.forward),
  ]);
  const { total, ...parts } = parameters;
  const ofWork = [
    `forward ${formatAmount(2 * work.forward)}`,
    ...(work.target > 0 ? [`target ${formatAmount(2 * work.target)}`] : []),
    `backward ${formatAmount(2 * work.backward)}`,
    ...(work.discriminator > 0 ? [`discriminator ${formatAmount(2 * work.discriminator)}`] : []),
  ];
  output.result({ preset: name, config, ...description }, [
    `${name}: images of ${shape([imageSize, imageSize, channels])}, latent ${shape(latent)}, variant ${config.objective.variant}`,
    '',
    ...table(rightAligned([['layer', 'kind', 'output', 'parameters', 'multiply-adds'], ...rows], 3)),
    '',
    `Parameters: ${formatCount(total)} (${Object.entries(parts)
      .map(([part, count]) => `${part} ${formatCount(count)}${part === 'discriminator' ? ', on top' : ''}`)
      .join(', ')}).`,
    `Memory of a step, estimated: ${formatBytes(memory.total)} for ${countOf(batchSize / accumulate, 'image')} at once ` +
      `(weights, averages and moments ${formatBytes(memory.weights)}, update ${formatBytes(memory.update)}, ` +
      `activations kept for the gradient ${formatBytes(memory.activations)}), counted in float32 without TensorFlow ` +
      'itself. While the step is being compiled, the activations take about five times as much.',
    `Work of a step: ${formatAmount(work.flops)}FLOP at most for ${countOf(batchSize, 'image')} (${ofWork.join(', ')}), counted ` +
      'from convolutions and matrix products; examples whose target is the image need no target pass.',
  ]);
  return 0;
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Pads the cells from a column on, so that numbers end under each other. */
function rightAligned(rows: readonly string[][], from: number): string[][] {
  return rows.map((row) =>
    row.map((cell, i) =>
      i < from ? cell : cell.padStart(Math.max(...rows.map((other) => other[i]?.length ?? 0))),
    ),
  );
}
