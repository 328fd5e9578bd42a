import './controls.css';
import type { ComponentChildren } from 'preact';

export interface ButtonProps {
  readonly look?: 'big' | 'primary' | 'quiet';
  /** Disabled, but still focusable: the focus stays on a button that was just pressed. */
  readonly idle?: boolean;
  readonly submit?: boolean;
  readonly id?: string;
  onPress?(): void;
  readonly children: ComponentChildren;
}

export function Button({ look, idle = false, submit = false, id, onPress = () => {}, children }: ButtonProps) {
  const press = (event: Event) => {
    if (!idle) onPress();
    else event.preventDefault();
  };
  return (
    <button id={id} type={submit ? 'submit' : 'button'} class={look} aria-disabled={idle} onClick={press}>
      {children}
    </button>
  );
}
