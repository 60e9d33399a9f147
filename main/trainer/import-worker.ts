/** Entry of the threads that decode images for an import; a bundle beside that of the process which starts them. */
import { parentPort } from 'node:worker_threads';
import { preferOwnSymbolsForSharp } from './own-symbols.ts';

async function main(): Promise<void> {
  preferOwnSymbolsForSharp();
  const { serveBatches } = await import('../../core/data/import/worker.ts');
  if (parentPort === null) throw new Error('this file is run as a thread only');
  serveBatches(parentPort);
}

void main();
