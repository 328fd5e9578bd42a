import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Page } from '../runner/page.ts';
import { Errors } from './errors.tsx';
import { Header } from './header.tsx';
import { Begin, Hero } from './hero.tsx';
import { FaultsSection } from './lab/faults-section.tsx';
import { JobsSection } from './lab/jobs-section.tsx';
import { LabNow } from './lab/lab-now.tsx';
import { LoadSection } from './load/load-section.tsx';
import { Proposal } from './proposal.tsx';
import { RetriesSection } from './retries-section.tsx';
import { SettingsForm } from './run/settings-form.tsx';
import { StageSection } from './run/stage-section.tsx';
import { StepsSection } from './scheduler/steps-section.tsx';
import { Story } from './story.tsx';

/** The whole page. With the lab off, it says so and shows only users and jobs. */
export function App({ page }: { page: Page }) {
  const lab = page.lab.lab.value;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header page={page} />
      <main id="main" tabIndex={-1}>
        <Errors page={page} />
        <Hero page={page} />
        <Proposal page={page} />
        {lab !== 'off' && (
          <>
            <Play page={page} />
            <SettingsForm page={page} />
            <StepsSection page={page} />
            <FaultsSection page={page} />
            <LoadSection page={page} />
            <RetriesSection />
          </>
        )}
        <LabNow page={page} />
        <JobsSection page={page} />
      </main>
      <footer class="bottom">
        <p>
          The race is real: each request goes through nginx to an instance, and the page shows what that instance read
          and wrote. Only the payment processor is simulated: a table and a delay.
        </p>
      </footer>
    </>
  );
}

/** The race and its button. A run that begins comes into view, wherever it was begun. */
function Play({ page }: { page: Page }) {
  const place = useRef<HTMLDivElement>(null);
  const { settings, busy, runs } = page.stage;
  const isPlayed = runs.value.length > 0;
  const begun = busy.value ? settings.value : undefined;
  useLayoutEffect(() => {
    // Not smoothly: the picture grows meanwhile, and the scroll would end as much too low.
    if (begun) place.current?.scrollIntoView({ block: 'start', behavior: 'instant' });
  }, [begun]);
  return (
    <div ref={place} class={isPlayed ? 'play played' : 'play'}>
      <Begin page={page} />
      <StageSection page={page} />
      {!isPlayed && <Story presenter={page.presenter} />}
    </div>
  );
}
