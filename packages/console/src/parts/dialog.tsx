import { type ReactNode, useEffect, useRef } from 'react';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The modal dialog of the browser: it holds the focus, closes on Escape, and returns the focus. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      onClose={onClose}
      aria-labelledby="dialog-title"
      className="m-auto w-[min(36rem,calc(100vw-2rem))] rounded-xl border border-line bg-panel p-0 text-ink shadow-xl"
    >
      <h2 id="dialog-title" className="border-b border-line px-5 py-3 font-semibold break-words">
        {title}
      </h2>
      <div className="flex flex-col gap-4 p-5">{children}</div>
    </dialog>
  );
}
