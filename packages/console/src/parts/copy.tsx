import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useMessages } from '../i18n/locale.tsx';
import { Mono } from './text.tsx';

const SHOWN_MS = 1_500;

/** A text with a button that copies it. */
export function Copyable({ text }: { readonly text: string }) {
  const t = useMessages();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <span className="inline-flex min-w-0 items-center gap-1">
      <Mono className="min-w-0 break-all">{text}</Mono>
      <button
        type="button"
        onClick={() => void copy()}
        className="rounded p-1 text-dim hover:bg-raised hover:text-ink"
        aria-label={copied ? t.copied : t.copy(text)}
      >
        {copied ? <Check size={14} aria-hidden className="text-ok" /> : <Copy size={14} aria-hidden />}
      </button>
    </span>
  );
}
