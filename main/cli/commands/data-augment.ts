/** `covae data augment`: what augmentation does to a data set's own images. */
import path from 'node:path';
import type { Command } from 'commander';
import { defaultScale } from '../../../core/export/enlarge.ts';
import { configForRun } from '../../../core/config/override.ts';
import { loadPreset } from '../../../core/config/presets.ts';
import { unnamedPreset } from '../../../core/config/recommend.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { readDatasetRecord } from '../../../core/data/catalogue.ts';
import { exportGridPng } from '../../../core/export/grid.ts';
import { libraryHome } from '../../../core/library.ts';
import { countOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import {
  type CommonOptions,
  forceOption,
  MAX_SEED,
  parsePath,
  parseSetting,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import { checkPictureTarget, pictureFile, type PictureOptions } from './drawing.ts';

interface AugmentOptions extends CommonOptions, PictureOptions {
  preset?: string;
  set?: Settings;
  rows: number;
  copies: number;
  seed: number;
}

export function addAugmentCommand(data: Command, bind: Bind): void {
  withCommonOptions(
    data
      .command('augment')
      .description(
        'Draw images of a data set beside what augmentation makes of them, as one PNG grid: each row an image, then copies. ' +
          'Without a strength of their own they are transformed with 0.5.',
      )
      .argument('<name>', 'name of the data set')
      .option(
        '--preset <name>',
        'a preset that comes with the program, or a JSON file (default: tiny, or tiny-unet for images that are too small for it)',
        parsePath,
      )
      .option(
        '--set <key=value>',
        'a setting, augment.turn=true for instance; may be given many times',
        parseSetting,
      )
      .addOption(wholeNumber('--rows <n>', 'images of the data set', 1, 64).default(8))
      .addOption(wholeNumber('--copies <n>', 'transformed copies of each', 1, 64).default(8))
      .addOption(wholeNumber('--seed <n>', 'the same seed makes the same of them', 0, MAX_SEED).default(0))
      .option(
        '--out <path>',
        'PNG file or folder to write to (default: a name of its own, in this folder)',
        parsePath,
      )
      .addOption(forceOption()),
  ).action(bind(augment));
}

async function augment(output: Output, options: AugmentOptions, name = ''): Promise<number> {
  const home = libraryHome(options.home);
  await checkPictureTarget(options);
  const record = await readDatasetRecord(home, name);
  const config = configForRun(
    options.preset === undefined ? await unnamedPreset(record) : await loadPreset(options.preset),
    record,
    options.set,
    '--set',
  );
  const file = await pictureFile(options, `${name}-augmented.png`);
  const { previewAugmentation } = await import('../../../core/train/augment/preview.ts');
  const { rows, copies, seed } = options;
  const { images, columns, strength } = await previewAugmentation(home, name, config, { rows, copies, seed });
  await exportGridPng(file, images, {
    ...{ columns, scale: defaultScale(record.width), force: options.force },
  });
  output.result(
    { file, dataset: name, images: images.count / columns, copies, strength, augment: config.augment },
    [
      `Wrote ${countOf(images.count / columns, 'image')} and ${countOf(copies, 'copy', 'copies')} of each, with strength ${strength}, as ${path.resolve(file)}.`,
    ],
  );
  return 0;
}
