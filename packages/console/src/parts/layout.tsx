import type { ReactNode } from 'react';

interface PageProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  readonly note?: ReactNode;
  /** Fill the height of the window, for a page that scrolls inside. */
  readonly fill?: boolean;
}

export function Page({ title, children, actions, note, fill = false }: PageProps) {
  return (
    <div className={`flex min-w-0 flex-col gap-4 p-4 sm:p-6 ${fill ? 'h-full' : ''}`}>
      <title>{`${title} · Catamaran`}</title>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="min-w-0 text-lg font-semibold tracking-tight break-words">{title}</h1>
        {note !== undefined && <div className="text-dim">{note}</div>}
        {actions !== undefined && <div className="ms-auto flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface PanelProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly note?: ReactNode;
  readonly id?: string;
}

export function Panel({ title, children, note, id }: PanelProps) {
  return (
    <section id={id} aria-label={title} className="min-w-0 overflow-hidden rounded-lg border border-line bg-panel">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5">
        <h2 className="font-semibold">{title}</h2>
        {note !== undefined && <div className="ms-auto text-dim">{note}</div>}
      </header>
      {children}
    </section>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="px-4 py-6 text-center text-dim">{children}</p>;
}

/** A table that scrolls sideways on a narrow screen. */
export function Table({ label, head, children }: { label: string; head: readonly string[]; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0}>
      <table aria-label={label} className="w-full border-collapse text-start">
        <thead>
          <tr className="text-dim">
            {head.map((column) => (
              <th key={column} scope="col" className="px-4 py-2 text-start font-medium whitespace-nowrap">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr]:border-t [&>tr]:border-line [&>tr>td]:px-4 [&>tr>td]:py-2 [&>tr>td]:align-top">
          {children}
        </tbody>
      </table>
    </div>
  );
}
