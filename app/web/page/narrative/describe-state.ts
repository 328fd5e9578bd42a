import type { RequestState } from '../state/stepping.ts';
import { describeAnswer, describeNextStep } from './texts.ts';

const timedOut = 'timed out waiting (409)';

/** Describes a request's state, such as `about to charge 49.00`. A refused or unanswered request is not described as done. */
export function describeState(requestState: RequestState): string {
  switch (requestState.state) {
    case 'not sent':
      return 'not sent yet';
    case 'held':
      return `about to ${describeNextStep(requestState.next)}`;
    case 'blocked':
      return requestState.timedOut ? timedOut : 'blocked: waiting for the lock';
    case 'ended': {
      const { answer } = requestState;
      if (answer.outcome === 'answered') return 'done';
      return answer.outcome === 'problem' && answer.problem === 'lock-busy' ? timedOut : describeAnswer(answer);
    }
  }
}
