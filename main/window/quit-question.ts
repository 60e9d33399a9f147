import { saidCount as countOf, saidList as listOf } from '../../text/say.ts';
import { capitalised } from '../../core/words.ts';

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
  /** One or several of them, beginning no sentence. */
  what: string;
  /** They again, beginning a sentence. */
  subject: string;
  becomes: string;
}

/** What to ask before that is ended; null when nothing is under way. */
export function quitQuestion({ training, imports, evaluations, exports }: UnderWay): QuitQuestion | null {
  const several = (count: number, one: string, many: string): string => (count > 1 ? many : one);
  const kinds: Kind[] = [
    {
      count: Number(training),
      what: 'a training',
      subject: 'The training',
      becomes: 'can be stopped with a checkpoint and gone on with later from there.',
    },
    {
      count: imports,
      what: several(imports, 'an import', countOf(imports, 'import')),
      subject: several(imports, 'The import', 'The imports'),
      becomes: several(
        imports,
        'is cancelled and leaves nothing behind.',
        'are cancelled and leave nothing behind.',
      ),
    },
    {
      count: evaluations,
      what: several(evaluations, 'an evaluation', countOf(evaluations, 'evaluation')),
      subject: several(evaluations, 'The evaluation', 'The evaluations'),
      becomes: several(
        evaluations,
        'is stopped, and its numbers are given up.',
        'are stopped, and their numbers are given up.',
      ),
    },
    {
      count: exports,
      what: several(exports, 'an export', countOf(exports, 'export')),
      subject: several(exports, 'The export', 'The exports'),
      becomes: several(
        exports,
        'is stopped and leaves nothing behind.',
        'are stopped and leave nothing behind.',
      ),
    },
  ];
  const under = kinds.filter(({ count }) => count > 0);
  if (under.length === 0) return null;
  const what = capitalised(listOf(under.map((kind) => kind.what)));
  const total = under.reduce((sum, { count }) => sum + count, 0);
  const details = under.map(({ count, subject, becomes }) => {
    if (under.length > 1) return `${subject} ${becomes}`;
    return count > 1 ? `They ${becomes}` : `It ${becomes}`;
  });
  return {
    message: total > 1 ? `${what} are under way.` : `${what} is under way.`,
    detail: details.join(' '),
  };
}
