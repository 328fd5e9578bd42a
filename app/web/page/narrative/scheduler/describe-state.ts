import { isBusy, type RequestState } from '../../state/scheduler/stepping.ts';
import { describeAnswer, describeNextStep } from '../texts.ts';

/** Describes a request's state, such as `about to charge 49.00`. A refused or unanswered request is not described as done. */
export function describeState(requestState: RequestState): string {
  switch (requestState.state) {
    case 'not sent':
      return 'not sent yet';
    case 'held':
      return `about to ${describeNextStep(requestState.next)}`;
    case 'blocked':
      return requestState.at === 'entry' ? 'blocked: waiting for the lock' : 'blocked by the database in its write';
    case 'running':
      return 'no longer held: it goes on by itself';
    case 'ended': {
      const { answer } = requestState;
      if (answer.outcome === 'answered') return 'done';
      return isBusy(answer) ? 'timed out waiting (409)' : describeAnswer(answer);
    }
  }
}
