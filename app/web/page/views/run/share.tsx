import { useState } from 'preact/hooks';
import { download } from '../../download.ts';
import { exportedRuns } from '../../narrative/export.ts';
import { scenarioTexts } from '../../narrative/texts.ts';
import type { Page } from '../../runner/page.ts';
import type { Run } from '../../state/run.ts';
import type { Settings } from '../../state/settings.ts';
import { Button } from '../button.tsx';
import { savePage } from './save-page.ts';

export interface ShareProps {
  readonly page: Page;
  readonly settings: Settings;
  readonly runs: readonly Run[];
  /** The element whose panels the saved page shows. */
  readonly panelsId: string;
}

/** A link that runs this again, and files to save. */
export function Share({ page, settings, runs, panelsId }: ShareProps) {
  const [copied, setCopied] = useState<'yes' | 'no' | undefined>();
  const link = page.linkTo(settings);
  const name = `payment-race-${settings.scenario}-${settings.modes.join('-')}`;
  const copy = () => {
    // Defined only in a secure context: over plain HTTP, that is localhost alone.
    const copying = navigator.clipboard?.writeText(link) ?? Promise.reject(new Error('no clipboard'));
    copying.then(
      () => setCopied('yes'),
      () => setCopied('no'),
    );
  };
  const exportJson = () =>
    download(`${name}.json`, 'application/json', `${JSON.stringify(exportedRuns(link, settings, runs), null, 2)}\n`);
  const exportHtml = () => {
    const panels = document.getElementById(panelsId);
    if (panels)
      download(
        `${name}.html`,
        'text/html',
        savePage(panels, `Payment race lab: ${scenarioTexts[settings.scenario].title}`, link),
      );
  };
  return (
    <div class="share">
      <Button onPress={copy}>Copy link</Button>
      <Button onPress={exportJson}>Save as JSON</Button>
      <Button onPress={exportHtml}>Save as a page</Button>
      <span role="status">{copied === 'yes' && 'Copied.'}</span>
      {copied === 'no' && (
        <label>
          Copying is blocked here. The link:{' '}
          <input type="text" readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
        </label>
      )}
    </div>
  );
}
