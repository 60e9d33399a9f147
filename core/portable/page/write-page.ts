/** A page that draws with the model in a browser, and the networks beside it as graph models of TensorFlow.js. */
import path from 'node:path';
import { categoriesOf } from '../../config/objective.ts';
import { latentShape, latentValues } from '../../config/network.ts';
import { UserError } from '../../errors.ts';
import { groupPlaces } from '../../explore/categorical.ts';
import { fillNewFile } from '../../files.ts';
import { countOf } from '../../words.ts';
import type { ModelCard } from '../card/model-card.ts';
import { recordPortable, type PortableModel } from '../portable-model.ts';
import { pageDirections } from './directions.ts';
import { graphModel, WEIGHTS_FILE } from './graph-model.ts';
import { pageHtml } from './html.ts';
import type { PageData } from './page-data.ts';

/** A page holds all weights as text, and browsers have no room for much more. */
export const MOST_PAGE_PARAMETERS = 40_000_000;

/** @throws UserError when the model is too large for a page */
export function checkPageSize({ manifest, model }: PortableModel): void {
  const { size } = model.plan.layout;
  if (size <= MOST_PAGE_PARAMETERS) return;
  throw new UserError(
    `The run ${manifest.id} has ${countOf(size, 'parameter')}, and a page holds ${MOST_PAGE_PARAMETERS.toLocaleString('en-US')} at most; export it as onnx or savedmodel.`,
    { code: 'usage' },
  );
}

export interface PageOptions {
  /** The program that runs in the page. */
  script: string;
  signal?: AbortSignal | undefined;
}

/** Writes `index.html`, `encoder/` and `decoder/` into a folder. @param write writes one file of the folder */
export async function writePage(
  portable: PortableModel,
  card: ModelCard,
  folder: string,
  write: (name: string, data: string | Uint8Array) => Promise<void>,
  { script, signal }: PageOptions,
): Promise<void> {
  const directions = pageDirections(portable, signal);
  const [encode, decode] = recordPortable(portable, ['encode', 'decode'], signal);
  if (!encode || !decode) throw new Error('a network was not recorded');
  const [encoder, decoder] = [graphModel(encode), graphModel(decode)];
  for (const [name, { json, weights }] of Object.entries({ encoder, decoder })) {
    await write(`${name}/model.json`, JSON.stringify(json));
    await write(`${name}/${WEIGHTS_FILE}`, weights);
  }
  const values = Buffer.concat(
    directions.map((one) => Buffer.from(one.values.buffer, one.values.byteOffset, one.values.byteLength)),
  );
  const data: PageData = {
    ...aboutOf(portable, card),
    directions: {
      count: directions.length,
      explained: directions.map(({ explained }) => explained),
      values: values.toString('base64'),
    },
    encoder: encoder.json,
    decoder: decoder.json,
  };
  signal?.throwIfAborted();
  await fillNewFile(path.join(folder, 'index.html'), async (handle) => {
    const html = pageHtml({ data, script, encoder: encoder.weights, decoder: decoder.weights });
    for (const part of html) await handle.write(part);
  });
}

function aboutOf(
  { model, manifest }: PortableModel,
  card: ModelCard,
): Omit<PageData, 'directions' | 'encoder' | 'decoder'> {
  const { network, objective } = model;
  const categories = categoriesOf(objective);
  const { weights, dataset } = card;
  return {
    title: manifest.name,
    text:
      `${countOf(weights.parameters, 'parameter')}, ` +
      (dataset === null
        ? ''
        : `trained on ${countOf(dataset.images - dataset.heldOut, 'image')} of “${dataset.name}”, `) +
      `step ${weights.step.toLocaleString('en-US')}. Made with ${card.software}.`,
    warnings: card.warnings,
    image: { size: network.imageSize, channels: network.channels },
    latent: {
      shape: latentShape(network),
      values: latentValues(network),
      size: card.latent.size,
      groups: categories === null ? null : { categories, places: [...groupPlaces(network, categories)] },
      climbs: network.latentLevels > 1,
    },
    times: card.times,
    classes: card.images.classes,
    encoderKnowsClass: objective.variant !== 's-covae',
  };
}
