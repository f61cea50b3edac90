/** States, with a color and a shape each, so that neither has to be seen alone. */
import {
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleSlash,
  CircleX,
  type LucideIcon,
  TriangleAlert,
} from 'lucide-react';
import type { Messages } from '../i18n/en.ts';
import { useMessages } from '../i18n/locale.tsx';

export type Tone = 'ok' | 'warn' | 'bad' | 'idle';

const TONES: Readonly<Record<string, Tone>> = {
  Ready: 'ok',
  Exported: 'ok',
  ready: 'ok',
  active: 'ok',
  applied: 'ok',
  Conflict: 'warn',
  Pending: 'idle',
  NotImported: 'idle',
  NotExported: 'warn',
  unknown: 'idle',
  stale: 'idle',
  expired: 'warn',
  none: 'warn',
};

/** States that the table does not have are bad: `NotReady`, `Invalid`, `unreachable`, `denied`. */
export const toneOf = (state: string): Tone => TONES[state] ?? 'bad';

const LABELS: Readonly<Record<string, keyof Messages>> = {
  Ready: 'stateReady',
  Conflict: 'stateConflict',
  NotReady: 'stateNotReady',
  Pending: 'statePending',
  Invalid: 'stateInvalid',
  NotExported: 'stateNotExported',
  NotImported: 'stateNotImported',
  Exported: 'stateExported',
  ready: 'memberReady',
  unreachable: 'memberUnreachable',
  refused: 'memberRefused',
  active: 'leaseActive',
  expired: 'leaseExpired',
  none: 'leaseNone',
  unknown: 'stateOther',
  applied: 'outcomeApplied',
  stale: 'outcomeStale',
  denied: 'outcomeDenied',
  failed: 'outcomeFailed',
};

/** The name of a state in the language of the page; of an unknown state, itself. */
export function stateLabel(t: Messages, state: string): string {
  const key = LABELS[state];
  const label = key === undefined ? undefined : t[key];
  return typeof label === 'string' ? label : state;
}

export const TEXT: Readonly<Record<Tone, string>> = {
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  idle: 'text-dim',
};

export const SOFT: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok-soft',
  warn: 'bg-warn-soft',
  bad: 'bg-bad-soft',
  idle: 'bg-raised',
};

const ICONS: Readonly<Record<Tone, LucideIcon>> = {
  ok: CircleCheck,
  warn: TriangleAlert,
  bad: CircleX,
  idle: CircleDashed,
};

const SPECIAL: Readonly<Record<string, LucideIcon>> = {
  NotImported: CircleDot,
  NotExported: CircleSlash,
};

interface StateProps {
  readonly state: string;
  readonly size?: number;
  /** There is a reason to look at it although the state is good. */
  readonly hasCaveat?: boolean;
}

export function StateIcon({ state, size = 14, hasCaveat = false }: StateProps) {
  const tone = shownTone(state, hasCaveat);
  const Icon = SPECIAL[state] ?? ICONS[tone];
  return <Icon aria-hidden size={size} className={`shrink-0 ${TEXT[tone]}`} strokeWidth={2.2} />;
}

function shownTone(state: string, hasCaveat: boolean): Tone {
  const tone = toneOf(state);
  return hasCaveat && tone === 'ok' ? 'warn' : tone;
}

export function State({ state, hasCaveat = false }: Omit<StateProps, 'size'>) {
  const t = useMessages();
  return (
    <span
      className={`inline-flex items-center gap-1.5 whitespace-nowrap font-medium ${TEXT[shownTone(state, hasCaveat)]}`}
    >
      <StateIcon state={state} hasCaveat={hasCaveat} />
      {stateLabel(t, state)}
    </span>
  );
}
