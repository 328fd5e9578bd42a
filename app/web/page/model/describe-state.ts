import type { Standing } from './stepping.ts';
import { tellAnswer, tellNext } from './texts.ts';

const gaveUp = 'gave up waiting, and was answered 409';

/** Where a request stands, such as `about to charge 49.00`. One that was refused, or not answered, is not told to be done. */
export function tellStanding(standing: Standing): string {
  switch (standing.state) {
    case 'not sent':
      return 'not sent yet';
    case 'held':
      return `about to ${tellNext(standing.next)}`;
    case 'blocked':
      return standing.gaveUp ? gaveUp : 'kept out: it waits for the lock';
    case 'ended': {
      const { answer } = standing;
      if (answer.outcome === 'answered') return 'done';
      return answer.outcome === 'problem' && answer.problem === 'lock-busy' ? gaveUp : tellAnswer(answer);
    }
  }
}
