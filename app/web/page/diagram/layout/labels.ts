import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { formatAmount, formatFlag, formatMs, formatVersion } from '../../format.ts';
import { isStaleWrite } from '../../trace/stale-write.ts';
import type { Step } from '../../trace/steps.ts';
import { letterWidth } from './sizes.ts';

/** @returns the longest label of a step that fits; at least a letter. */
export const labelFor = (step: Step, room: number): string => fitting(labelsOf(step), room - 8);

/** @returns the first label that fits, or else the last. @param labels from the longest to the shortest. */
export function fitting(labels: readonly string[], room: number): string {
  return labels.find((label) => label.length * letterWidth.label <= room) ?? labels.at(-1) ?? '';
}

/**
 * From the longest to the shortest. Colour is never the only sign of a span's kind: a small letter says the same. Capital
 * letters are the requests' names.
 */
function labelsOf({ event, request: { name } }: Step): readonly string[] {
  const { step, paid, readVersion, overwrote, amount, chargeId, tookMs, key } = event;
  switch (step) {
    case 'granted':
      return [
        `${name} waited ${formatMs(tookMs)} for the lock`,
        `${name} waited ${formatMs(tookMs)}`,
        `${name} waits`,
        '…',
      ];
    case 'released':
      return [`${name} holds ${key ?? 'the lock'}`, `${name} holds the lock`, `${name} holds`, 'h'];
    case 'read':
      return readLabels(event, name);
    case 'charged':
      return [
        `${name} charges ${formatAmount(amount)} (charge ${chargeId})`,
        `${name} charges ${formatAmount(amount)}`,
        `${name} charges`,
        'c',
      ];
    case 'refunded':
      return event.gateway === 'refused'
        ? [`${name}: refund ${chargeId} refused`, `${name}: no refund`, 'f✕']
        : [`${name} refunds charge ${chargeId}`, `${name} refunds`, 'f'];
    case 'written': {
      if (overwrote === undefined) {
        return [
          `${name} writes ${formatFlag(paid)} over an unknown version`,
          `${name} writes ${formatFlag(paid)}`,
          'w?',
        ];
      }
      const made = formatVersion(overwrote + 1, paid);
      const mark = isStaleWrite(event) ? '✕ ' : '';
      return [
        `${mark}${name} writes ${made}, decided on v${readVersion ?? '?'}`,
        `${mark}${name} writes ${made}`,
        `${mark}${name} writes v${overwrote + 1}`,
        `${mark}${name} ${formatFlag(paid)}`,
        mark ? '✕w' : 'w',
      ];
    }
    case 'refused':
      return [`${name} write of ${formatFlag(paid)} refused`, `${name} write refused`, `${name} refused`, 'w✕'];
    case 'arrived':
      return [name];
    case 'waiting':
      return ['?'];
    case 'decided':
      return ['d'];
    case 'answered':
      return [isRefusal(event) ? '!' : '✓'];
  }
}

function readLabels({ saw }: TraceEvent, name: string): readonly string[] {
  if (!saw) return [`${name} reads: no user`, `${name} reads`, 'r'];
  const open = saw.openCharges && saw.openCharges.length + (saw.moreOpenCharges ?? 0);
  return [
    ...(open === undefined ? [] : [`${name} reads ${formatVersion(saw.version, saw.paid)}, ${open || 'nothing'} open`]),
    `${name} reads ${formatVersion(saw.version, saw.paid)}`,
    `${name} reads v${saw.version}`,
    'r',
  ];
}

/** True if a request was refused or left unfinished. */
export function isRefusal({ step, httpStatus, outcome = '' }: TraceEvent): boolean {
  return step === 'answered' && (httpStatus === undefined ? !carriedOut.has(outcome) : httpStatus >= 400);
}

const carriedOut = new Set(['paid', 'already_paid', 'cancelled', 'nothing_to_cancel']);
