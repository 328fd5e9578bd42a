import { useSignalEffect } from '@preact/signals';
import type { ClassAttributes, ComponentChildren, DOMAttributes, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Selection } from '../selection.ts';

/**
 * Links the rows in an element to a picture. Each row has the id of its event as `data-event`, and a {@link RowLink}.
 *
 * A row that is pointed at or focused is marked in the picture, and a clicked one is picked there; what is marked in the
 * picture is marked in its row. Tab comes to one row; the arrow keys go on from it.
 *
 * @param selection undefined: there is no picture.
 */
export function useRowLinks<Rows extends HTMLElement>(
  selection: Selection | undefined,
): DOMAttributes<Rows> & ClassAttributes<Rows> {
  const ref = useRef<Rows>(null);
  useSignalEffect(() => {
    if (!selection) return;
    // By hand, so that no row is rendered again for a mark.
    mark(ref.current, 'pointed', selection.pointed.value);
    mark(ref.current, 'picked', selection.picked.value);
    moveTab(ref.current, ref.current?.querySelector('.picked[data-event] .row-link'));
  });
  const point = (id: string | undefined) => {
    if (selection) selection.pointed.value = id;
  };
  return {
    ref,
    onPointerOver: ({ target }) => point(eventAt(target)),
    onPointerLeave: () => point(undefined),
    onFocusIn: ({ target }) => {
      if (!(target instanceof HTMLElement) || !target.matches('.row-link')) return;
      moveTab(ref.current, target);
      point(eventAt(target));
    },
    onFocusOut: () => point(undefined),
    onClick: ({ target }) => {
      const id = eventAt(target);
      if (selection && id !== undefined) selection.picked.value = id;
    },
    onKeyDown: (key) => {
      const direction = key.key === 'ArrowDown' ? 1 : key.key === 'ArrowUp' ? -1 : 0;
      const links = linksIn(ref.current);
      const at = links.indexOf(key.target as HTMLElement);
      if (direction === 0 || at === -1) return;
      key.preventDefault();
      links[at + direction]?.focus();
    },
  };
}

/** The control of a row: what its line begins with. */
export function RowLink({
  isFirst,
  children,
}: {
  readonly isFirst: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <button type="button" class="row-link" tabIndex={isFirst ? 0 : -1}>
      {children}
      <span class="unseen"> in the picture</span>
    </button>
  );
}

const linksIn = (rows: HTMLElement | null) => [...(rows?.querySelectorAll<HTMLElement>('.row-link') ?? [])];

/** Makes one row's link the one that Tab comes to. */
function moveTab(rows: HTMLElement | null, to: Element | null | undefined): void {
  if (to) for (const link of linksIn(rows)) link.tabIndex = link === to ? 0 : -1;
}

function eventAt(target: EventTarget | null): string | undefined {
  const row = target instanceof Element ? target.closest('[data-event]') : null;
  return row?.getAttribute('data-event') ?? undefined;
}

function mark(rows: HTMLElement | null, name: string, id: string | undefined): void {
  for (const row of rows?.querySelectorAll(`.${name}[data-event]`) ?? []) row.classList.remove(name);
  if (id !== undefined) rows?.querySelector(`[data-event="${CSS.escape(id)}"]`)?.classList.add(name);
}
