import { count, formatMs, inSeconds } from '../../format.ts';
import type { LoadRequest } from '../../state/load/record.ts';
import type { Rivalry } from '../../state/load/rivals.ts';
import { findAnomalies } from '../../trace/anomalies.ts';
import { inOrder } from '../../trace/in-order.ts';
import { nameRequests } from '../../trace/requests.ts';

/** Describes a request of a load and its result in a sentence. */
export function describeLoadRequest({ kind, sentMs, tookMs, said, isStale }: LoadRequest, userName: string): string {
  const sent = `${kind === 'pay' ? 'Pay' : 'Cancel'} for ${userName}, sent after ${inSeconds(sentMs)}`;
  const answer =
    tookMs === undefined || said === undefined
      ? 'not answered yet'
      : said === 'unreachable'
        ? `no answer in ${formatMs(tookMs)}`
        : `${said.replaceAll('_', ' ')}, after ${formatMs(tookMs)}`;
  return `${sent}: ${answer}${isStale ? '; it wrote over an update that it had not read' : ''}.`;
}

/** Says which letter a request has in the picture of its rivals, what it overwrote, and what the picture leaves out. */
export function describeRivalry({ events, leftOut }: Rivalry, requestId: string): string {
  if (events.length === 0) return 'There is no trace of this request.';
  const ordered = inOrder(events);
  const requests = nameRequests(ordered);
  const rivals = requests.size - 1;
  const lost = findAnomalies(ordered, requests).filter(({ write }) => write.requestId === requestId);
  return [
    `In the picture it is ${requests.get(requestId)?.name}.`,
    rivals === 0
      ? 'No other request for this user was in progress.'
      : `Beside it: ${count(rivals, 'request')} for the same user at the same time${leftOut > 0 ? `, and ${leftOut} more that are left out` : ''}.`,
    ...lost.map(({ text }) => text),
  ].join(' ');
}
