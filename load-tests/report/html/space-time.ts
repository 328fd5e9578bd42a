import type { WrongedUser } from '../../verify/audit.ts';
import { type LostUpdate, type Moment, placeMoments } from '../moments.ts';
import { orderStory, type Story, type StoryRequest } from '../story-steps.ts';
import { arrow, coordinate } from './arrow.ts';
import { html, type Markup } from './markup.ts';

/** How a user was wronged: a space-time diagram, time going down, and beside it the same in words. */
export function renderSpaceTime(user: WrongedUser): Markup {
  const story = orderStory(user);
  return html`<figure class="told">
<figcaption>${story.what}</figcaption>
<div class="scroll" role="region" aria-label="Space-time diagram: ${story.what}" tabindex="0">${draw(story)}</div>
<div>
<p>Time goes down, not to scale. When a request read is not recorded, only what it found: each read stands where it was at
the latest.</p>
<ul class="who">${story.requests.map(tellRequest)}</ul>
<ol class="steps">${story.steps.map(({ ms, name, words, step }) => {
    const isStale = step.did === 'wrote' && step.readVersion !== step.overwroteVersion;
    return html`<li class="${isStale ? 'bad' : 'fine'}"><span class="ms">${ms.toFixed(1)} ms</span> <span>${isStale && '✕ '}${name} ${words}</span></li>`;
  })}</ol>
</div>
</figure>`;
}

function tellRequest({ name, command, instance, readVersion, requestId }: StoryRequest): Markup {
  const read = readVersion === undefined ? '' : `, read version ${readVersion}`;
  return html`<li><b>${name}</b> = ${command} on ${instance}${read}, request <code>${requestId}</code></li>`;
}

// In CSS pixels: with two requests the drawing fits a page that is 360 wide.
const gutter = 46;
const laneWidth = 62;
const headHeight = 50;
const rowHeight = 46;
/** The mean width of a letter in a label: enough to keep it inside the drawing. */
const letterWidth = 6.5;

interface Layout {
  readonly width: number;
  readonly xOf: (lane: string) => number;
  readonly yOf: (moment: number) => number;
}

function draw(story: Story): Markup {
  const { moments, lost } = placeMoments(story);
  const lanes = [...story.requests.map(({ name }) => name), 'row', 'books'];
  const width = gutter + lanes.length * laneWidth;
  const height = headHeight + moments.length * rowHeight + 4;
  const layout: Layout = {
    width,
    xOf: (lane) => gutter + (lanes.indexOf(lane) + 0.5) * laneWidth,
    yOf: (moment) => headHeight + moment * rowHeight + 26,
  };
  return html`<svg class="space-time" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-label="The steps are listed in words beside this drawing.">
${story.requests.map(({ name, command, instance }) => laneHead(layout.xOf(name), [name, command, instance]))}
${laneHead(layout.xOf('row'), ['user', 'the row'])}${laneHead(layout.xOf('books'), ['books', 'charges'])}
${['row', 'books'].map((lane) => html`<line class="lane" x1="${layout.xOf(lane)}" y1="${headHeight}" x2="${layout.xOf(lane)}" y2="${height}"/>`)}
${story.requests.map(({ name }) => lifeline(name, moments, layout))}
${lost.map((update) => drawLost(update, moments, layout))}
${moments.map((moment, index) => drawMoment(moment, index, lost, moments, layout))}
</svg>`;
}

function laneHead(x: number, [title = '', ...lines]: readonly string[]): Markup {
  const short = (text: string) => (text.length > 11 ? `${text.slice(0, 10)}…` : text);
  return html`<g class="head"><text class="title" x="${x}" y="14">${title}</text>${lines.map(
    (line, index) => html`<text x="${x}" y="${28 + index * 13}">${short(line)}</text>`,
  )}</g>`;
}

/** From a request's first moment to its last. */
function lifeline(name: string, moments: readonly Moment[], { xOf, yOf }: Layout): Markup {
  const first = moments.findIndex((moment) => moment.name === name);
  const last = moments.findLastIndex((moment) => moment.name === name);
  return html`<line class="life" x1="${xOf(name)}" y1="${yOf(first)}" x2="${xOf(name)}" y2="${yOf(last)}"/>`;
}

/** What a lost update relied on, for how long it did, and the write that it destroyed. */
function drawLost({ read, write, destroyed }: LostUpdate, moments: readonly Moment[], { xOf, yOf }: Layout): Markup {
  const x = xOf(moments[read]?.name ?? '');
  return html`<line class="relied bad" x1="${x}" y1="${yOf(read)}" x2="${x}" y2="${yOf(write)}"/>${
    destroyed !== undefined && arrow({ x, y: yOf(read) }, { x: xOf('row') - 4, y: yOf(destroyed) - 2 }, 'destroys bad')
  }`;
}

function drawMoment(
  { name, with: other, does, ms, label }: Moment,
  index: number,
  lost: readonly LostUpdate[],
  moments: readonly Moment[],
  { width, xOf, yOf }: Layout,
): Markup {
  const y = yOf(index);
  const [own, others] = [
    { x: xOf(name), y },
    { x: xOf(other), y },
  ];
  const isStale = lost.some(({ write }) => write === index);
  const destroyer = lost.find(({ destroyed }) => destroyed === index);
  const tone = isStale ? 'bad' : 'fine';
  const by = destroyer && moments[destroyer.write]?.name;
  const centred = (text: string) => {
    const half = (text.length * letterWidth) / 2;
    return coordinate(Math.max(gutter + half, Math.min(width - half, (own.x + others.x) / 2)));
  };
  const tag = isStale ? '✕ stale write' : by === undefined ? undefined : `✕ lost: ${by} writes over it unread`;
  return html`<text class="time" x="${gutter - 4}" y="${y + 4}">${does === 'reads' && '< '}${ms.toFixed(1)}</text>
${does === 'reads' ? arrow(others, own, 'reads') : arrow(own, others, tone)}
<text class="label ${tone}" x="${centred(label)}" y="${y - 7}">${label}</text>
${tag && html`<text class="label bad" x="${centred(tag)}" y="${y + 14}">${tag}</text>`}
`;
}
