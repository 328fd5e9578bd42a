/** One place of the checker, broken. */
export interface Mutation {
  /** The file, without its `.ts`. */
  readonly file: string;
  /** What the checker does wrong then. */
  readonly what: string;
  /** Stands there once, and is replaced. */
  readonly from: string;
  readonly to: string;
}

export const mutations: readonly Mutation[] = [
  {
    file: 'linearizability',
    what: 'calls that touch have not met',
    from: 'next.operation.invokedAtMs <= returning',
    to: 'next.operation.invokedAtMs < returning',
  },
  {
    file: 'linearizability',
    what: 'returns are taken as they are listed',
    from: 'inOrderOf(({ returnedAtMs }) => returnedAtMs, history)',
    to: '[...history]',
  },
  {
    file: 'linearizability',
    what: 'invocations are taken in the order of the returns',
    from: 'inOrderOf(({ operation }) => operation.invokedAtMs, byReturn)',
    to: '[...byReturn]',
  },
  {
    file: 'linearizability',
    what: 'an unknown outcome must have happened before its client gave up',
    from: "if (operation.answer === 'unknown') continue;",
    to: '',
  },
  {
    file: 'linearizability',
    what: 'an observer is believed',
    from: 'return flag.wasSeenBy(entry) || flag.flip(deadline);',
    to: 'return true;',
  },
  {
    file: 'linearizability',
    what: 'an observer does not make anything happen',
    from: 'flag.wasSeenBy(entry) || flag.flip(deadline)',
    to: 'flag.wasSeenBy(entry)',
  },
  {
    file: 'linearizability',
    what: 'an observer always makes something happen',
    from: 'flag.wasSeenBy(entry) || flag.flip(deadline)',
    to: 'flag.flip(deadline)',
  },
  {
    file: 'linearizability',
    what: 'a flip that is placed already is placed again',
    from: 'if (!flag.isOpen(entry)) return true;',
    to: '',
  },
  {
    file: 'linearizability',
    what: 'a flip needs no flip back',
    from: 'if (flag.value === value && !flag.flip(deadline)) return false;',
    to: 'if (flag.value === value) return true;',
  },
  {
    file: 'linearizability',
    what: 'nothing comes between two flips to the same value',
    from: 'if (flag.value === value && !flag.flip(deadline)) return false;',
    to: 'if (flag.value === value) return false;',
  },
  {
    file: 'linearizability',
    what: 'it is never quiet',
    from: 'if (underWay === 0) lastQuiet',
    to: 'if (underWay < 0) lastQuiet',
  },
  {
    file: 'linearizability',
    what: 'it is quiet while one is under way',
    from: 'if (underWay === 0) lastQuiet',
    to: 'if (underWay <= 1) lastQuiet',
  },
  {
    file: 'linearizability',
    what: 'an unknown outcome is under way for ever',
    from: "if (next.operation.answer !== 'unknown') underWay += 1;",
    to: 'underWay += 1;',
  },
  {
    file: 'linearizability',
    what: 'a read alone makes a quiet point',
    from: "if (next.operation.call !== 'read') quiet",
    to: 'quiet',
  },
  { file: 'flag', what: 'the user is paid before anything', from: "FlagValue = 'free'", to: "FlagValue = 'paid'" },
  {
    file: 'flag',
    what: 'an observer sees what the flag is at its return only',
    from: ' || arrivedUntil[observer.value] >= observer.arrived',
    to: '',
  },
  {
    file: 'flag',
    what: 'an observer sees what ended just before it was invoked',
    from: 'arrivedUntil[observer.value] >= observer.arrived',
    to: 'arrivedUntil[observer.value] >= observer.arrived - 1',
  },
  {
    file: 'flag',
    what: 'an observer sees what was there before any time',
    from: 'arrivedUntil[observer.value] >= observer.arrived',
    to: 'arrivedUntil[observer.value] > 0',
  },
  { file: 'flag', what: 'a flip may happen again and again', from: 'open[to].pop()', to: 'open[to].peek()' },
  {
    file: 'flag',
    what: 'an unknown outcome has its place among the returns',
    from: "answer === 'unknown' ? Number.POSITIVE_INFINITY : place",
    to: 'place',
  },
  {
    file: 'flag',
    what: 'an unknown outcome is taken before a known one',
    from: "answer === 'unknown' ? Number.POSITIVE_INFINITY : place",
    to: "answer === 'unknown' ? -1 : place",
  },
  {
    file: 'earliest-first',
    what: 'the latest comes first',
    from: 'deadlineAt(parent) > item.deadline',
    to: 'deadlineAt(parent) < item.deadline',
  },
  {
    file: 'earliest-first',
    what: 'a heap that forgets the right child',
    from: 'if (deadlineAt(child + 1) < deadlineAt(child)) child += 1;',
    to: '',
  },
  {
    file: 'earliest-first',
    what: 'a heap that does not sift down',
    from: 'if (deadlineAt(child) >= last.deadline) break;',
    to: 'break;',
  },
  {
    file: 'operation',
    what: 'a timed-out pay has not happened',
    from: 'unknown: flipsTo.paid',
    to: 'unknown: observes.paid',
  },
  {
    file: 'operation',
    what: 'nothing to cancel is taken for a cancel',
    from: 'nothing_to_cancel: observes.free',
    to: 'nothing_to_cancel: flipsTo.free',
  },
  {
    file: 'violation',
    what: 'what is pending is not shown',
    from: 'placedAt > quiet.deadline',
    to: 'placedAt < quiet.deadline',
  },
  {
    file: 'in-order-of',
    what: 'the last comes first',
    from: '(times[a] ?? 0) - (times[b] ?? 0)',
    to: '(times[b] ?? 0) - (times[a] ?? 0)',
  },
];
