/** Colours of classes that are told apart on light and on dark grounds; after ten they begin again. */
const COLOURS = [
  '#4c78a8',
  '#f58518',
  '#e45756',
  '#38a3a5',
  '#54a24b',
  '#c9a227',
  '#b279a2',
  '#ff7f9e',
  '#9d755d',
  '#8a8f98',
];

/** Of an image without a class: grey. */
export function colourOf(label: number | null): string {
  return label === null ? '#8a8f98' : COLOURS[label % COLOURS.length]!;
}
