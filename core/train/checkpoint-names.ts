/**
 * Where the parts of a model lie in a checkpoint of PyTorch: dictionaries in dictionaries, under names that each trainer chooses. The
 * parts are found by what is in them, and get the names of the reference's Lightning module.
 */

/** Names that copies with averages go by. */
const AVERAGES = /(?:^|[._])(?:ema|swa|avg|averaged?|averages|shadow|polyak)(?=[._]|$)|(?:^|[._])ema/i;

/** Prefixes of the reference's Lightning module. */
const LIGHTNING = { model: 'model.', weights: 'model.model.', averages: 'ema.model.' } as const;

export interface CheckpointNames {
  /** The name of a tensor in the form of the reference's Lightning module; null for one that is no part of the model. */
  nameOf: (name: string) => string | null;
}

/** Of the autoencoder's parameters, one that each has. */
const PROBE = 'map_layer0.weight';
const NETWORK = /^(?:encoder|decoder|map_layer0|map_layer1|map_label)\./;

/**
 * @param names of the file's tensors
 * @returns null where the weights lie at the top, or nowhere: names stay as they are
 */
export function checkpointNames(names: readonly string[]): CheckpointNames | null {
  const found = names
    .filter((name) => name === PROBE || name.endsWith(`.${PROBE}`))
    .map((name) => name.slice(0, -PROBE.length))
    .map((prefix) => ({
      prefix,
      count: names.filter((name) => name.startsWith(prefix) && NETWORK.test(name.slice(prefix.length)))
        .length,
      averages: AVERAGES.test(prefix.slice(0, -1)),
    }));
  // More of the model first, and then what lies less deep.
  found.sort((a, b) => b.count - a.count || a.prefix.split('.').length - b.prefix.split('.').length);
  const own = found.find(({ averages }) => !averages)?.prefix;
  const averages = found.find((one) => one.averages)?.prefix;
  if (own === '' || (own === undefined && averages === undefined)) return null;
  const beside = parentOf(own ?? '');
  return {
    nameOf(name) {
      if (own !== undefined && name.startsWith(own)) return LIGHTNING.weights + name.slice(own.length);
      if (averages !== undefined && name.startsWith(averages))
        return LIGHTNING.averages + name.slice(averages.length);
      if (own === undefined || beside === null || !name.startsWith(beside)) return null;
      const rest = name.slice(beside.length);
      return /^(?:discriminator|layer_norm)\./.test(rest) ? LIGHTNING.model + rest : null;
    },
  };
}

/** Of `state_dict.model.model.`, the module that the autoencoder is the `model` of; null when it is nobody's. */
function parentOf(prefix: string): string | null {
  return prefix.endsWith('model.') ? prefix.slice(0, -'model.'.length) : null;
}
