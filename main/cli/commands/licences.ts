/** `covae licences`: what ships with the application, and under which licences. */
import type { Command } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { type Notice, readNotices } from '../../notices.ts';
import type { Bind } from '../bind.ts';
import { table } from '../format.ts';
import type { CommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { projectFile } from '../project.ts';

interface LicencesOptions extends CommonOptions {
  full?: boolean;
}

export function addLicencesCommand(program: Command, bind: Bind): void {
  program
    .command('licences')
    .description('List the software that CoVAE Studio contains, with the licence of each part.')
    .argument('[part]', 'print the licence of this part, such as sharp or TensorFlow')
    .option('--full', 'print the text of every licence')
    .option('--json', 'print JSON lines for machines instead of text')
    .action(bind(licences));
}

async function licences(output: Output, { full }: LicencesOptions, wanted?: string): Promise<number> {
  const file = projectFile('dist/notices.json');
  if (file === null) {
    throw new UserError('The licences are not collected yet; npm run build does it.', { code: 'not-found' });
  }
  const all = await readNotices(file);
  if (wanted === undefined && full !== true) {
    output.result({ licences: all.map(({ text: _text, ...part }) => part) }, [
      ...table(all.map(({ name, version, licence }) => [name, version, licence])),
      'covae licences PART prints the text of one, --full of all.',
    ]);
    return 0;
  }
  const found =
    wanted === undefined ? all : all.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (found.length === 0) {
    throw new UserError(`There is no part "${wanted ?? ''}"; covae licences lists all of them.`, {
      code: 'not-found',
    });
  }
  output.result({ licences: found }, found.flatMap(linesOf).slice(1));
  return 0;
}

function linesOf({ name, version, licence, homepage, note, text }: Notice): string[] {
  const title = [`${name} ${version}`.trim(), licence, homepage].filter((part) => part !== null).join(', ');
  // A line each: what is printed has its line ends made visible.
  return ['', `== ${title}`, ...(note === null ? [] : [note]), '', ...text.split(/\r?\n|\f/)];
}
