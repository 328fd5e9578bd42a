/** A deliberate fault in one place of the checker. */
export interface Mutation {
  /** Without `.ts`. */
  readonly file: string;
  /** What the mutant does wrong. */
  readonly what: string;
  /** Text that occurs once, and is replaced by `to`. */
  readonly from: string;
  readonly to: string;
}

export const mutations: readonly Mutation[] = [
  {
    file: 'linearizability',
    what: 'calls that touch do not overlap',
    from: 'next.operation.invokedAtMs <= returning',
    to: 'next.operation.invokedAtMs < returning',
  },
  {
    file: 'linearizability',
    what: 'returns are not sorted',
    from: 'inOrderOf(({ returnedAtMs }) => returnedAtMs, history)',
    to: '[...history]',
  },
  {
    file: 'linearizability',
    what: 'invocations are in the order of the returns',
    from: 'inOrderOf(({ operation }) => operation.invokedAtMs, byReturn)',
    to: '[...byReturn]',
  },
  {
    file: 'linearizability',
    what: 'an unknown operation must happen before its client gave up',
    from: "if (operation.answer === 'unknown') continue;",
    to: '',
  },
  {
    file: 'linearizability',
    what: 'any observation is accepted',
    from: 'return flag.wasSeenBy(entry) || flag.flip(deadline);',
    to: 'return true;',
  },
  {
    file: 'linearizability',
    what: 'an observation never forces a flip',
    from: 'flag.wasSeenBy(entry) || flag.flip(deadline)',
    to: 'flag.wasSeenBy(entry)',
  },
  {
    file: 'linearizability',
    what: 'an observation always forces a flip',
    from: 'flag.wasSeenBy(entry) || flag.flip(deadline)',
    to: 'flag.flip(deadline)',
  },
  {
    file: 'linearizability',
    what: 'a placed flip is placed again',
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
    what: 'two flips to the same value cannot have one back between them',
    from: 'if (flag.value === value && !flag.flip(deadline)) return false;',
    to: 'if (flag.value === value) return false;',
  },
  {
    file: 'linearizability',
    what: 'there is never a quiet point',
    from: 'if (inFlight === 0) lastQuiet',
    to: 'if (inFlight < 0) lastQuiet',
  },
  {
    file: 'linearizability',
    what: 'a quiet point may have an operation in flight',
    from: 'if (inFlight === 0) lastQuiet',
    to: 'if (inFlight <= 1) lastQuiet',
  },
  {
    file: 'linearizability',
    what: 'an unknown operation stays in flight',
    from: "if (next.operation.answer !== 'unknown') inFlight += 1;",
    to: 'inFlight += 1;',
  },
  {
    file: 'linearizability',
    what: 'a read ends a quiet point',
    from: "if (next.operation.call !== 'read') quiet",
    to: 'quiet',
  },
  { file: 'flag', what: 'the user starts paid', from: "FlagValue = 'free'", to: "FlagValue = 'paid'" },
  {
    file: 'flag',
    what: 'an observer sees only the flag at its return',
    from: ' || arrivedUntil[observer.value] >= observer.arrived',
    to: '',
  },
  {
    file: 'flag',
    what: 'an observer sees a value that ended just before its invocation',
    from: 'arrivedUntil[observer.value] >= observer.arrived',
    to: 'arrivedUntil[observer.value] >= observer.arrived - 1',
  },
  {
    file: 'flag',
    what: 'an observer sees any earlier value',
    from: 'arrivedUntil[observer.value] >= observer.arrived',
    to: 'arrivedUntil[observer.value] > 0',
  },
  { file: 'flag', what: 'a flip may happen repeatedly', from: 'open[to].pop()', to: 'open[to].peek()' },
  {
    file: 'flag',
    what: 'an unknown operation has a deadline',
    from: "answer === 'unknown' ? Number.POSITIVE_INFINITY : place",
    to: 'place',
  },
  {
    file: 'flag',
    what: 'an unknown operation is placed before a known one',
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
    what: 'a timed-out pay has no effect',
    from: 'unknown: flipsTo.paid',
    to: 'unknown: observes.paid',
  },
  {
    file: 'operation',
    what: 'nothing_to_cancel clears the flag',
    from: 'nothing_to_cancel: observes.free',
    to: 'nothing_to_cancel: flipsTo.free',
  },
  {
    file: 'violation',
    what: 'pending operations are not shown',
    from: 'placedAt > quiet.deadline',
    to: 'placedAt < quiet.deadline',
  },
  {
    file: 'linearizability',
    what: 'the latest time comes first',
    from: '(times[a] ?? 0) - (times[b] ?? 0)',
    to: '(times[b] ?? 0) - (times[a] ?? 0)',
  },
];
