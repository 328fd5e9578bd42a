import type { Step } from './plan.ts';

const acts: Readonly<Record<Step['act'], { readonly done: string; readonly toDo: string }>> = {
  none: { done: 'did nothing', toDo: 'do nothing' },
  wait: { done: 'waited', toDo: 'wait' },
  clear: { done: 'took the access away', toDo: 'take the access away' },
  restore: { done: 'gave the access back', toDo: 'give the access back' },
  // A step on the way to the refund.
  outdate: { done: 'wrote the flag as it was, to refund', toDo: 'refund' },
  refund: { done: 'refunded', toDo: 'refund' },
};

/** @returns what was done, such as `refunded charge 12 (4900), as …`. */
export function tellDone(step: Step): string {
  return `${acts[step.act].done}${tellAim(step)}`;
}

/** @returns what is to be done. */
export function tellToDo(step: Step): string {
  return `${acts[step.act].toDo}${tellAim(step)}`;
}

function tellAim(step: Step): string {
  if (!('why' in step)) return '';
  const charge =
    'charge' in step ? `${step.act === 'restore' ? ' for' : ''} charge ${step.charge.id} (${step.amount})` : '';
  return `${charge}, as ${step.why}`;
}
