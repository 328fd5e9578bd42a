import { formatAmount } from '../../payments/format-amount.ts';
import type { Step } from './plan.ts';

const texts: Readonly<Record<Step['act'], { readonly done: string; readonly planned: string }>> = {
  none: { done: 'did nothing', planned: 'do nothing' },
  wait: { done: 'waited', planned: 'wait' },
  clear: { done: 'removed access', planned: 'remove access' },
  restore: { done: 'restored access', planned: 'restore access' },
  'bump-version': { done: 'rewrote the flag before a refund', planned: 'refund' }, // the refund is the next step
  refund: { done: 'refunded', planned: 'refund' },
};

/** @returns what was done, such as `refunded charge 12 (49.00), because …`. */
export function describeDone(step: Step): string {
  return `${texts[step.act].done}${describeReason(step)}`;
}

/** @returns what must be done, such as `refund charge 12 (49.00), because …`. */
export function describePlanned(step: Step): string {
  return `${texts[step.act].planned}${describeReason(step)}`;
}

function describeReason(step: Step): string {
  if (!('why' in step)) return '';
  const charge =
    'charge' in step
      ? `${step.act === 'restore' ? ' for' : ''} charge ${step.charge.id} (${formatAmount(step.amount)})`
      : '';
  return `${charge}, because ${step.why}`;
}
