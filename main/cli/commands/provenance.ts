/** `covae provenance`: where a picture or a set comes from. */
import type { Command } from 'commander';
import { parsePath } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { EXIT } from '../../exit-codes.ts';

export function addProvenanceCommand(program: Command, bind: Bind): void {
  program
    .command('provenance')
    .description(
      'Say where a picture or an exported set comes from: run, checkpoint, seed, and the command that makes it again.',
    )
    .argument(
      '<file>',
      'PNG, WebP, GIF, MP4 or WebM, or a set of another format with its JSON beside it',
      parsePath,
    )
    .option('--json', 'print JSON lines for machines instead of text')
    .action(bind(provenance));
}

async function provenance(output: Output, _options: { json?: boolean }, file = ''): Promise<number> {
  const { readProvenance } = await import('../../../core/provenance/read.ts');
  const { file: from, software, origin } = await readProvenance(file);
  const lines = Object.entries({ software, ...origin }).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  output.result({ file: from, software, origin }, lines);
  return EXIT.DONE;
}
