import { capitalised, countOf, listOf } from '../../core/words.ts';

export interface QuitQuestion {
  message: string;
  detail: string;
}

/** What would be ended with the window. */
interface UnderWay {
  training: boolean;
  /** Imports that run or wait. */
  imports: number;
  evaluations: number;
  exports: number;
}

/** One kind of work: how many there are, what they are called and what becomes of one or of several. */
interface Kind {
  count: number;
  /** With its article, and alone. */
  one: readonly [string, string];
  single: string;
  several: string;
}

/** What to ask before that is ended; null when nothing is under way. */
export function quitQuestion({ training, imports, evaluations, exports }: UnderWay): QuitQuestion | null {
  const kinds: Kind[] = [
    {
      count: Number(training),
      one: ['a training', 'training'],
      single: 'can be stopped with a checkpoint and gone on with later from there.',
      several: '',
    },
    {
      count: imports,
      one: ['an import', 'import'],
      single: 'is cancelled and leaves nothing behind.',
      several: 'are cancelled and leave nothing behind.',
    },
    {
      count: evaluations,
      one: ['an evaluation', 'evaluation'],
      single: 'is stopped, and its numbers are given up.',
      several: 'are stopped, and their numbers are given up.',
    },
    {
      count: exports,
      one: ['an export', 'export'],
      single: 'is stopped and leaves nothing behind.',
      several: 'are stopped and leave nothing behind.',
    },
  ];
  const under = kinds.filter(({ count }) => count > 0);
  if (under.length === 0) return null;
  const what = listOf(under.map(({ count, one }) => (count > 1 ? countOf(count, one[1]) : one[0])));
  const total = under.reduce((sum, { count }) => sum + count, 0);
  const details = under.map(({ count, one, single, several }) => {
    const many = count > 1;
    const subject = under.length > 1 ? `The ${one[1]}${many ? 's' : ''}` : many ? 'They' : 'It';
    return `${subject} ${many ? several : single}`;
  });
  return {
    message: `${capitalised(what)} ${total > 1 ? 'are' : 'is'} under way.`,
    detail: details.join(' '),
  };
}
