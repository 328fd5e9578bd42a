import type { TraceEvent } from '../../../lab/trace/event.ts';
import { formatMs } from '../model/format.ts';
import { isStaleWrite } from '../model/stale-write.ts';
import { flag } from './explain.ts';
import { letterWidth } from './sizes.ts';
import type { Step } from './steps.ts';

/** @returns the longest label of a step for which there is room. The last one is a single letter. */
export function labelFor(step: Step, room: number): string {
  const labels = labelsOf(step);
  return labels.find((label) => label.length * letterWidth.label + 8 <= room) ?? labels.at(-1) ?? '';
}

/** From the longest to the shortest. A span's kind is never told by its colour alone. */
function labelsOf({ event, request: { name } }: Step): readonly string[] {
  const { step, paid, overwrote, amount, chargeId, tookMs, key } = event;
  switch (step) {
    case 'granted':
      return [
        `${name} waited ${formatMs(tookMs)} for the lock`,
        `${name} waited ${formatMs(tookMs)}`,
        `${name} waits`,
        '…',
      ];
    case 'released':
      return [`${name} holds ${key ?? 'the lock'}`, `${name} holds the lock`, `${name} holds`, 'H'];
    case 'read':
      return readLabels(event, name);
    case 'charged':
      return [`${name} charges ${amount} (charge ${chargeId})`, `${name} charges ${amount}`, `${name} charges`, 'C'];
    case 'refunded':
      return event.gateway === 'refused'
        ? [`${name}: refund ${chargeId} refused`, `${name}: no refund`, 'F✕']
        : [`${name} refunds charge ${chargeId}`, `${name} refunds`, 'F'];
    case 'written': {
      if (overwrote === undefined) {
        return [`${name} writes ${flag(paid)}, over what is not known`, `${name} writes ${flag(paid)}`, 'W?'];
      }
      const made = `v${overwrote + 1}`;
      const mark = isStaleWrite(event) ? '✕ ' : '';
      return [
        `${mark}${name} writes ${flag(paid)} over v${overwrote}: ${made}`,
        `${mark}${name} writes ${flag(paid)}: ${made}`,
        `${mark}${name} writes ${made}`,
        `${mark}${name} ${flag(paid)}`,
        mark ? '✕W' : 'W',
      ];
    }
    case 'refused':
      return [`${name} write of ${flag(paid)} refused`, `${name} write refused`, `${name} refused`, 'W✕'];
    case 'arrived':
      return [name];
    case 'waiting':
      return ['?'];
    case 'decided':
      return ['D'];
    case 'answered':
      return [isRefusal(event) ? '!' : '✓'];
  }
}

function readLabels({ saw }: TraceEvent, name: string): readonly string[] {
  if (!saw) return [`${name} reads: no user`, `${name} reads`, 'R'];
  const open = saw.openCharges.length;
  return [
    `${name} reads v${saw.version}: ${flag(saw.paid)}, ${open === 0 ? 'nothing' : open} open`,
    `${name} reads v${saw.version}: ${flag(saw.paid)}`,
    `${name} reads v${saw.version}`,
    'R',
  ];
}

/** Whether a request was answered that it could not be done, or not finished. */
export function isRefusal({ httpStatus, outcome }: TraceEvent): boolean {
  return (httpStatus ?? 200) >= 400 || outcome === 'aborted';
}
