import './controls.css';
import type { ComponentChildren } from 'preact';

export interface ButtonProps {
  readonly look?: 'big' | 'primary' | 'quiet';
  /** It does nothing now. It can still be focused: whoever has just pressed it is not thrown back to the page's top. */
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
