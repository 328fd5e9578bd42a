import './faults.css';
import { useEffect, useState } from 'preact/hooks';
import type { LockModeName } from '../../../../lock-modes/registry.ts';
import { formatMs } from '../../format.ts';
import type { Page } from '../../runner/page.ts';
import { describeWork, type FaultTarget, listTargets } from '../../state/fault-targets.ts';
import { newSeed } from '../../state/random.ts';
import { firstRace, most } from '../../state/settings.ts';
import { Button } from '../button.tsx';
import { ModeSelect, modesOf } from '../select.tsx';
import { Head } from '../table.tsx';
import { Waits } from '../waits.tsx';

const usualMs = 15_000;
const durations = [5000, usualMs, 30_000];

/** Faults of the running servers, injected by the visitor. */
export function FaultsSection({ page }: { page: Page }) {
  const { faults, error } = page.faults;
  const [forMs, setForMs] = useState(usualMs);
  const known = faults.value;
  if (!known) return null;
  return (
    <section id="faults" aria-labelledby="faults-title">
      <h2 id="faults-title">Break it</h2>
      <p class="lead">
        Real faults: SIGSTOP, SIGKILL, a cut connection, a failover. Start a slow race, and pause the instance that
        holds the lock.
      </p>
      {known.offered ? (
        <>
          <SlowRace page={page} />
          <fieldset class="segments">
            <legend>A fault lasts</legend>
            {durations.map((ms) => (
              <label key={ms}>
                <input type="radio" name="fault-ms" checked={forMs === ms} onChange={() => setForMs(ms)} />
                <span class="face">{formatMs(ms)}</span>
              </label>
            ))}
          </fieldset>
          <div role="status">
            {error.value && <p class="error">{error.value.detail ?? 'The lab does not answer.'}</p>}
          </div>
          <Targets page={page} forMs={forMs} />
        </>
      ) : (
        <p>Not offered here. {known.why}</p>
      )}
    </section>
  );
}

function SlowRace({ page }: { page: Page }) {
  const [mode, setMode] = useState<LockModeName>('redis');
  const begin = () => {
    void page.play({ ...firstRace, modes: [mode], thinkMs: most.thinkMs, seed: newSeed() });
  };
  return (
    <>
      <div class="fields">
        <ModeSelect modes={modesOf(page)} value={mode} onChange={setMode} />
        <Button look="primary" idle={page.activity.current.value !== undefined} onPress={begin}>
          Race slowly
        </Button>
      </div>
      <Waits page={page} activity="stage" />
    </>
  );
}

/** The events of the run that is in progress. */
const eventsUnderWay = ({ stage }: Page) => (stage.busy.value ? stage.runs.value.flatMap(({ events }) => events) : []);

/** While a slow race runs: the faults of the instance that holds its lock, in view with the picture. */
export function HolderFaults({ page }: { page: Page }) {
  const known = page.faults.faults.value;
  if (!known?.offered || page.stage.settings.value?.thinkMs !== most.thinkMs) return null;
  const events = eventsUnderWay(page);
  const holder = listTargets(known).find(({ name }) => describeWork(name, events)?.includes('holds the lock'));
  if (!holder) return null;
  return (
    <p class="commands">
      {holder.name} holds the lock: <Commands page={page} target={holder} forMs={usualMs} />
    </p>
  );
}

function Targets({ page, forMs }: { page: Page; forMs: number }) {
  const known = page.faults.faults.value ?? { faults: [] };
  const events = eventsUnderWay(page);
  return (
    <table class="rows targets">
      <caption>Instances and servers</caption>
      <Head of={['Target', 'Faults']} />
      <tbody>
        {listTargets(known).map((target) => (
          <tr key={target.name}>
            <th scope="row">
              {target.name} <small>{describeWork(target.name, events)}</small> <State target={target} />
            </th>
            <td>
              <div class="commands">
                <Commands page={page} target={target} forMs={forMs} />
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function State({ target: { current } }: { target: FaultTarget }) {
  const [now, setNow] = useState(Date.now());
  const heals = current?.healsAtMs;
  useEffect(() => {
    setNow(Date.now()); // that of the first render may be minutes old
    if (heals === undefined) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [heals]);
  if (!current) return null;
  if (current.state !== 'active') return <>{current.state} …</>;
  const seconds = Math.max(0, Math.ceil(((heals ?? now) - now) / 1000));
  return (
    <b class="wrong">
      ▼ {current.what} <small>heals in {seconds} s</small>
    </b>
  );
}

const verbs = { freeze: 'Pause', kill: 'Kill', cut: 'Cut off', failover: 'Fail over' } as const;

function Commands({
  page,
  target: { name, faults, current },
  forMs,
}: {
  page: Page;
  target: FaultTarget;
  forMs: number;
}) {
  // All stay, so that the one that was pressed keeps the focus.
  return (
    <>
      {faults.map((fault) => (
        <Button
          key={fault.name}
          idle={current !== undefined}
          onPress={() => void page.faults.inject(fault.name, forMs)}
        >
          {verbs[fault.kind]}
          <span class="unseen"> {name}</span>
        </Button>
      ))}
      <Button
        idle={current?.state !== 'active'}
        onPress={() => current !== undefined && void page.faults.heal(current.name)}
      >
        Heal<span class="unseen"> {name}</span>
      </Button>
    </>
  );
}
