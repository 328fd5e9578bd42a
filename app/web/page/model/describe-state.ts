import type { RequestState } from './stepping.ts';
import { describeAnswer, describeNextStep } from './texts.ts';

const timedOut = 'gave up waiting, and was answered 409';

/** Where a request stands, such as `about to charge 49.00`. One that was refused, or not answered, is not told to be done. */
export function describeState(requestState: RequestState): string {
  switch (requestState.state) {
    case 'not sent':
      return 'not sent yet';
    case 'held':
      return `about to ${describeNextStep(requestState.next)}`;
    case 'blocked':
      return requestState.timedOut ? timedOut : 'kept out: it waits for the lock';
    case 'ended': {
      const { answer } = requestState;
      if (answer.outcome === 'answered') return 'done';
      return answer.outcome === 'problem' && answer.problem === 'lock-busy' ? timedOut : describeAnswer(answer);
    }
  }
}
