import { useState } from 'preact/hooks';
import { type LockModeName, lockModeTraits } from '../../../../lock-modes/registry.ts';
import { formatMs } from '../../format.ts';
import { scenarioTexts } from '../../narrative/texts.ts';
import type { Page } from '../../runner/page.ts';
import { newSeed } from '../../state/random.ts';
import { firstRace, type Scenario, type Settings } from '../../state/settings.ts';
import { Button } from '../button.tsx';
import { ModeSelect, modesOf } from '../mode-select.tsx';
import { Waits } from '../waits.tsx';

const offered = ['race', 'storm', 'pay', 'cancel'] as const satisfies readonly Scenario[];
const isOffered = ({ scenario }: Settings) => offered.some((name) => name === scenario);
const thinkTimes = [0, 300, 1500, 3000];

/** The settings of the next run. */
export function SettingsForm({ page }: { page: Page }) {
  const { stage, lab } = page;
  const [chosen, setChosen] = useState<Settings | undefined>();
  const shown = stage.settings.value;
  // Those of the run shown until the user changes them. A stepped run may be shown, too: it is none of these.
  const wanted = chosen ?? (shown && isOffered(shown) ? shown : firstRace);
  const change = (changed: Partial<Settings>) => setChosen({ ...wanted, ...changed });
  const [mode = 'none', beside] = wanted.modes;
  const modes = modesOf(page);
  const single = wanted.scenario === 'pay' || wanted.scenario === 'cancel';

  const submit = (event: Event) => {
    event.preventDefault();
    void page.play({ ...wanted, seed: newSeed() });
  };
  return (
    <details class="try">
      <summary>
        <h2>Choose for yourself</h2>
      </summary>
      <form onSubmit={submit}>
        <fieldset class="choices">
          <legend>Scenario</legend>
          {offered.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="scenario"
                checked={wanted.scenario === name}
                onChange={() => change({ scenario: name })}
              />
              <span>
                <b>{scenarioTexts[name].title}</b>
                <small>{scenarioTexts[name].what}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <div class="fields">
          <ModeSelect
            modes={modes}
            value={mode}
            onChange={(chosen) => change({ modes: [chosen, ...(beside && beside !== chosen ? [beside] : [])] })}
          />
          <label>
            <span class="label">Compare with</span>
            <select
              value={beside ?? ''}
              onChange={({ currentTarget: { value } }) =>
                change({ modes: value === '' ? [mode] : [mode, value as LockModeName] })
              }
            >
              <option value="">nothing</option>
              {modes
                .filter((name) => name !== mode)
                .map((name) => (
                  <option key={name} value={name}>
                    {lockModeTraits[name].title} ({name})
                  </option>
                ))}
            </select>
            <small>{beside ? lockModeTraits[beside].how : 'Runs two modes side by side.'}</small>
          </label>
          <label>
            <span class="label">Payment processor takes</span>
            <select
              value={wanted.thinkMs}
              onChange={({ currentTarget: { value } }) => change({ thinkMs: Number(value) })}
            >
              {[...new Set([...thinkTimes, wanted.thinkMs])].map((ms) => (
                <option key={ms} value={ms}>
                  {ms === 0 ? 'no time' : formatMs(ms)}
                </option>
              ))}
            </select>
            <small>
              {wanted.thinkMs === 0
                ? 'Both requests are sent at once. Chance decides which is first.'
                : `For the pay. A request waits at most ${formatMs(lab.status.value?.lockWaitMs ?? 2000)} for a lock.`}
            </small>
          </label>
          <label>
            <span class="label">User</span>
            <select
              value={wanted.userId ?? ''}
              onChange={({ currentTarget: { value } }) => change({ userId: value === '' ? undefined : Number(value) })}
            >
              <option value="">a fresh user</option>
              {lab.users.value?.map(({ id, name, paid }) => (
                <option key={id} value={id}>
                  {name} ({id}, {paid ? 'paid' : 'unpaid'})
                </option>
              ))}
            </select>
            <small>{wanted.userId === undefined || single ? 'Used as it is.' : 'Made unpaid first, if needed.'}</small>
          </label>
        </div>
        <Button look="primary" submit idle={page.activity.current.value !== undefined}>
          Run it
        </Button>
        <Waits page={page} activity="stage" />
      </form>
    </details>
  );
}
