/**
 * Entry of the processes that main forks: the trainer, with `--images` the image reader, with `--evaluator` the
 * evaluator, with `--exporter` the exporter. What a role needs is loaded for that role only: TensorFlow takes half a second and some hundred megabytes.
 */
import { sentenceOf } from '../../core/errors.ts';
import { tidyLibrary } from '../../core/left-overs.ts';
import { libraryHome } from '../../core/library.ts';
import { readArguments } from '../arguments.ts';
import { preferOwnSymbolsForSharp } from './own-symbols.ts';
import { giveWay } from '../process/priority.ts';
import type { ParentPort } from '../process/serve.ts';

const parent = process.parentPort;
const port: ParentPort = {
  onMessage: (listener) => parent.on('message', ({ data }) => listener(data)),
  postMessage: (message) => parent.postMessage(message),
};

async function main(): Promise<void> {
  preferOwnSymbolsForSharp();
  // Told by main, once.
  const home = libraryHome(readArguments(process.argv.slice(1)).home);
  // Of processes before this one that were killed; whatever runs now keeps its own.
  void tidyLibrary(home);
  if (process.argv.includes('--images')) {
    const { serveImages } = await import('./images.ts');
    serveImages(port, home);
  } else if (process.argv.includes('--evaluator')) {
    const { serveEvaluator } = await import('./evaluator.ts');
    serveEvaluator(port, home);
  } else if (process.argv.includes('--exporter')) {
    const { serveExporter } = await import('./exporter.ts');
    serveExporter(port, home);
  } else {
    // Before TensorFlow makes its threads.
    giveWay('training');
    const { serveTrainer } = await import('./service.ts');
    serveTrainer(port, home);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  port.postMessage({ type: 'event', kind: 'fatal', payload: { message: sentenceOf(error) } });
  // The message has to get out first.
  setTimeout(() => process.exit(1), 200);
});
