import './retries.css';

const races = 'Two requests read the same user, and one update is lost.';
const repeats = 'The retry is charged like a payment of its own.';

/** The lesson of `npm run retry-test`: a lock and a key, each alone and both together. */
export function RetriesSection() {
  return (
    <section id="retries" aria-labelledby="retries-title">
      <h2 id="retries-title">When the client retries</h2>
      <p class="lead">
        A client that gets no answer sends its request again. No lock recognises a retry, and an{' '}
        <code>Idempotency-Key</code> alone does not end the race. <code>npm run retry-test</code> measures both, while
        an instance is killed.
      </p>
      <table class="retries">
        <thead>
          <tr>
            <td />
            <th scope="col">No key</th>
            <th scope="col">With a key</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">No lock</th>
            <Outcome verdict="lost update, charged again" isBad why={`${races} ${repeats}`} />
            <Outcome verdict="lost update" isBad why={races} />
          </tr>
          <tr>
            <th scope="row">Lock</th>
            <Outcome verdict="charged again" isBad why={repeats} />
            <Outcome verdict="held" why="One request at a time, and the retry gets the first answer." />
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Outcome({ verdict, why, isBad = false }: { verdict: string; why: string; isBad?: boolean }) {
  return (
    <td class={isBad ? 'bad' : 'held'}>
      <b>
        {isBad ? '✕' : '✓'} {verdict}
      </b>
      <span>{why}</span>
    </td>
  );
}
