import type { ButtonHTMLAttributes, ReactNode } from 'react';

export type Look = 'plain' | 'primary' | 'danger';

const BASE =
  'inline-flex items-center gap-1.5 rounded-md border px-2.5 py-1 font-medium whitespace-nowrap motion-safe:transition-colors disabled:opacity-50';

const LOOKS: Readonly<Record<Look, string>> = {
  plain: 'border-line bg-panel hover:bg-raised',
  primary: 'border-transparent bg-accent text-on-accent hover:opacity-90',
  danger: 'border-line bg-panel text-bad hover:bg-bad-soft',
};

export const buttonClass = (look: Look = 'plain') => `${BASE} ${LOOKS[look]}`;

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look;
  readonly children: ReactNode;
}

export function Button({ look = 'plain', className = '', ...rest }: ButtonProps) {
  return <button type="button" className={`${buttonClass(look)} ${className}`} {...rest} />;
}

export function Kbd({ children }: { readonly children: string }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded border border-line bg-raised px-1 text-[0.8em] text-dim">
      {children}
    </kbd>
  );
}
