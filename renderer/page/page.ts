/** The page that is exported with a model: pictures from seeds, ways between two of them, and sliders along directions. */
import { PAGE_DATA_ID, WEIGHTS_IDS, type PageData } from '../../core/portable/page/page-data.ts';
import { Drawing, type Picture } from './drawing.ts';
import { loadNetworks } from './networks.ts';
import style from './page.css';

/** What drives the page from outside: its tests. */
declare global {
  interface Window {
    covaePage?: { backend: string; pixels(picture: Picture): Promise<number[]> };
  }
}

const MOST_SEED = 0xffffffff;
/** How far a slider goes, in standard deviations. */
const REACH = 4;

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  props: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), props);
  made.append(...children);
  return made;
}

function textOf(id: string): string | null {
  return document.getElementById(id)?.textContent ?? null;
}

/** Puts the parts of base64 together. */
function bytesOf(prefix: string): ArrayBuffer {
  const parts: Uint8Array[] = [];
  for (let i = 0; ; i++) {
    const text = textOf(`${prefix}${i}`);
    if (text === null) break;
    parts.push(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  }
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.buffer;
}

function slider(label: string, min: number, max: number, value: number, step: number) {
  const input = element('input', { type: 'range', min: `${min}`, max: `${max}`, step: `${step}` });
  input.value = `${value}`;
  input.setAttribute('aria-label', label);
  return { input, row: element('label', {}, element('span', { textContent: label }), input) };
}

function seedField(label: string, value: number) {
  const input = element('input', { type: 'number', min: '0', max: `${MOST_SEED}`, step: '1' });
  input.value = `${value}`;
  const field = {
    row: element('label', {}, element('span', { textContent: label }), input),
    input,
    get value(): number {
      const seed = Math.floor(Number(input.value));
      return seed >= 0 && seed <= MOST_SEED ? seed : 0;
    },
    shuffle(): void {
      input.value = `${crypto.getRandomValues(new Uint32Array(1))[0]!}`;
    },
  };
  return field;
}

function paint(
  canvas: HTMLCanvasElement,
  pixels: Uint8ClampedArray,
  { size, channels }: PageData['image'],
): void {
  const image = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[i * channels + (channels === 3 ? c : 0)]!;
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

async function start(): Promise<void> {
  document.head.append(element('style', { textContent: style }));
  const data = JSON.parse(textOf(PAGE_DATA_ID) ?? '{}') as PageData;
  const { image, directions, classes } = data;
  const status = element('p', { className: 'status', textContent: 'Loading the networks…' });
  status.setAttribute('role', 'status');
  const canvas = element('canvas', { width: image.size, height: image.size });
  canvas.setAttribute('aria-label', 'The picture drawn');

  const seed = seedField('Seed', 0);
  const random = element('button', { type: 'button', textContent: 'Random picture' });
  const passes = element(
    'select',
    {},
    ...['1', '2'].map((n) => element('option', { value: n, textContent: n })),
  );
  const label = element(
    'select',
    {},
    ...['none', ...classes].map((name, i) => element('option', { value: `${i - 1}`, textContent: name })),
  );
  const other = seedField('Second seed', 1);
  const randomOther = element('button', { type: 'button', textContent: 'Random second' });
  const way = slider('Way from the first to the second', 0, 1, 0, 0.01);
  const reset = element('button', { type: 'button', textContent: 'Back to the middle' });
  const steps = directions.explained.map((share, i) =>
    slider(`${i + 1} (${(100 * share).toPrecision(2)} % of variance)`, -REACH, REACH, 0, 0.05),
  );
  const save = element('button', { type: 'button', textContent: 'Save picture' });

  document.body.append(
    element(
      'main',
      {},
      element(
        'header',
        {},
        element('h1', { textContent: data.title }),
        element('p', { textContent: data.text }),
        ...data.warnings.map((warning) => element('p', { className: 'warning', textContent: warning })),
      ),
      element('figure', {}, canvas, element('figcaption', {}, status)),
      element(
        'form',
        {},
        element(
          'fieldset',
          {},
          element('legend', { textContent: 'Picture' }),
          seed.row,
          element('label', {}, element('span', { textContent: 'Passes' }), passes),
          ...(classes.length > 0
            ? [element('label', {}, element('span', { textContent: 'Class' }), label)]
            : []),
          element('div', { className: 'buttons' }, random, save),
        ),
        element(
          'fieldset',
          {},
          element('legend', { textContent: 'Between two pictures' }),
          other.row,
          way.row,
          element('div', { className: 'buttons' }, randomOther),
        ),
        ...(steps.length > 0
          ? [
              element(
                'fieldset',
                {},
                element('legend', { textContent: 'Along principal directions' }),
                ...steps.map(({ row }) => row),
                element('div', { className: 'buttons' }, reset),
              ),
            ]
          : []),
      ),
    ),
  );

  const wanted = new URLSearchParams(location.search).get('backend') === 'cpu' ? 'cpu' : 'webgl';
  const networks = await loadNetworks(
    data,
    { encoder: bytesOf(WEIGHTS_IDS.encoder), decoder: bytesOf(WEIGHTS_IDS.decoder) },
    wanted,
  );
  const drawing = new Drawing(data, networks);

  const picture = (): Picture => {
    const position = Number(way.input.value);
    return {
      seed: seed.value,
      ...(position > 0 && { other: { seed: other.value, position } }),
      passes: Number(passes.value),
      label: Number(label.value),
      steps: steps.map(({ input }) => Number(input.value)),
    };
  };
  let waiting = false;
  let busy = false;
  /** Draws what is asked for last; what was asked for meanwhile is left out. */
  const draw = async (): Promise<void> => {
    waiting = true;
    if (busy) return;
    busy = true;
    try {
      while (waiting) {
        waiting = false;
        paint(canvas, await drawing.pixels(picture()), image);
        status.textContent = `Drawn here, on the ${networks.backend === 'cpu' ? 'processor' : 'graphics card'}; nothing leaves this page.`;
      }
    } catch (error) {
      status.textContent = `The picture could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      busy = false;
    }
  };
  const form = document.querySelector('form')!;
  form.addEventListener('input', () => void draw());
  form.addEventListener('submit', (event) => event.preventDefault());
  random.addEventListener('click', () => {
    seed.shuffle();
    void draw();
  });
  randomOther.addEventListener('click', () => {
    other.shuffle();
    void draw();
  });
  reset.addEventListener('click', () => {
    for (const { input } of steps) input.value = '0';
    void draw();
  });
  save.addEventListener('click', () => {
    canvas.toBlob((blob) => {
      if (!blob) return;
      const address = URL.createObjectURL(blob);
      element('a', { href: address, download: `${data.title}-seed-${seed.value}.png` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    });
  });
  window.covaePage = {
    backend: networks.backend,
    pixels: async (asked) => [...(await drawing.pixels(asked))],
  };
  await draw();
}

start().catch((error: unknown) => {
  document.body.append(
    element('p', {
      className: 'warning',
      textContent: `This page does not work here: ${error instanceof Error ? error.message : String(error)}`,
    }),
  );
});
