/** One call as its client saw it: what was asked, what was answered, and when, by one clock. */
export interface Operation {
  readonly call: 'pay' | 'cancel' | 'read';
  /** `unknown`: the client cannot tell whether it was carried out. A call that was refused is left out. */
  readonly answer: string;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
}

type Flag = 'free' | 'paid';

/** What each answer needs the flag to be, and what it is afterwards. */
const effects: Readonly<Record<string, { readonly needs: Flag; readonly leaves: Flag }>> = {
  'pay paid': { needs: 'free', leaves: 'paid' },
  'pay already_paid': { needs: 'paid', leaves: 'paid' },
  'pay unknown': { needs: 'free', leaves: 'paid' },
  'cancel cancelled': { needs: 'paid', leaves: 'free' },
  'cancel nothing_to_cancel': { needs: 'free', leaves: 'free' },
  'cancel unknown': { needs: 'paid', leaves: 'free' },
  'read paid': { needs: 'paid', leaves: 'paid' },
  'read free': { needs: 'free', leaves: 'free' },
};

/**
 * Whether one user's history, which begins with the user free, is linearizable (Herlihy & Wing 1990): some order of the
 * calls in which none comes before one that had returned when it was invoked, and in which each answer is right. Tries
 * all orders: for the few calls of a replay, and no more.
 */
export function isLinearizable(history: readonly Operation[], flag: Flag = 'free'): boolean {
  const known = history.filter(({ answer }) => answer !== 'unknown');
  if (known.length === 0) return true; // the rest may never have happened
  const firstReturn = Math.min(...known.map(({ returnedAtMs }) => returnedAtMs));
  return history.some((operation) => {
    const effect = effects[`${operation.call} ${operation.answer}`];
    if (!effect) throw new RangeError(`a ${operation.call} is never answered ${operation.answer}`);
    if (effect.needs !== flag || operation.invokedAtMs > firstReturn) return false;
    return isLinearizable(
      history.filter((other) => other !== operation),
      effect.leaves,
    );
  });
}
