import { describeOrder, resultTexts } from '../../narrative/scheduler/order-result.ts';
import { orders } from '../../state/scheduler/orders.ts';
import type { Result } from '../../state/scheduler/progress.ts';

export interface OrderMapProps {
  readonly found: Readonly<Record<string, Result>>;
  /** The moves so far: the orders that begin with them are marked. */
  readonly moves: string;
  readonly idle: boolean;
  onPlay(order: string): void;
}

/** The picture's letters follow the order of arrival, so these are others. */
const lettersOf = (order: string) => order.replaceAll('A', 'P').replaceAll('B', 'C');

/** All orders of the two requests' steps, with what came of each. A press plays it. */
export function OrderMap({ found, moves, idle, onPlay }: OrderMapProps) {
  const tried = orders.filter((order) => found[order]).length;
  const lost = orders.filter((order) => (found[order] ?? 'held') !== 'held').length;
  return (
    <div class="orders">
      <h3>All 20 orders</h3>
      <p class="aside">
        P: the pay moves. C: the cancel moves. {tried} of {orders.length} tried, {lost} with an update lost. Press one
        to play it.
      </p>
      <ul>
        {orders.map((order) => {
          const result = found[order];
          const { mark, text } = result ? resultTexts[result] : { mark: '·', text: 'not tried' };
          const isBegun = moves !== '' && order.startsWith(moves);
          return (
            <li key={order}>
              <button
                type="button"
                class={`order ${result ?? ''} ${isBegun ? 'begun' : ''}`}
                aria-disabled={idle}
                aria-label={`${lettersOf(order)}, ${describeOrder(order)}: ${text}`}
                title={text}
                onClick={() => !idle && onPlay(order)}
              >
                <span class="turns">
                  {[...lettersOf(order)].map((letter, index) => (
                    <span key={index} class={letter === 'P' ? 'pay' : 'cancel'}>
                      {letter}
                    </span>
                  ))}
                </span>
                <span class="mark" aria-hidden="true">
                  {mark}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
