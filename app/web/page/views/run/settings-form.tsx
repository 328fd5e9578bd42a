import { useState } from 'preact/hooks';
import { lockModeTraits } from '../../../../lock-modes/registry.ts';
import { formatMs } from '../../format.ts';
import { scenarioTexts } from '../../narrative/texts.ts';
import type { Page } from '../../runner/page.ts';
import { newSeed } from '../../state/random.ts';
import { firstRace, type Scenario, type Settings } from '../../state/settings.ts';
import { Button } from '../button.tsx';
import { ModeSelect, modeOptions, modesOf, Select } from '../select.tsx';
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
  const times = [...new Set([...thinkTimes, wanted.thinkMs])];
  const users = (lab.users.value ?? []).map(
    ({ id, name, paid }) => [id, `${name} (${id}, ${paid ? 'paid' : 'unpaid'})`] as const,
  );
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
          <Select
            label="Compare with"
            options={[['', 'nothing'], ...modeOptions(modes.filter((name) => name !== mode))]}
            value={beside ?? ''}
            note={beside ? lockModeTraits[beside].how : 'Runs two modes side by side.'}
            onChange={(name) => change({ modes: name === '' ? [mode] : [mode, name] })}
          />
          <Select
            label="Payment processor takes"
            options={times.map((ms) => [ms, ms === 0 ? 'no time' : formatMs(ms)])}
            value={wanted.thinkMs}
            note={
              wanted.thinkMs === 0
                ? 'Both requests are sent at once. Chance decides which is first.'
                : `For the pay. A request waits at most ${formatMs(lab.status.value?.lockWaitMs ?? 2000)} for a lock.`
            }
            onChange={(thinkMs) => change({ thinkMs })}
          />
          <Select
            label="User"
            options={[['', 'a fresh user'], ...users]}
            value={wanted.userId ?? ''}
            note={wanted.userId === undefined || single ? 'Used as it is.' : 'Made unpaid first, if needed.'}
            onChange={(id) => change({ userId: id === '' ? undefined : id })}
          />
        </div>
        <Button look="primary" submit idle={page.activity.current.value !== undefined}>
          Run it
        </Button>
        <Waits page={page} activity="stage" />
      </form>
    </details>
  );
}
