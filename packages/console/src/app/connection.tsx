import { useLive } from '../api/live-context.tsx';
import { useLocale } from '../i18n/locale.tsx';
import { timeText } from '../parts/time.tsx';

const DOT = {
  live: 'bg-ok',
  connecting: 'bg-dim motion-safe:animate-pulse',
  lost: 'bg-bad motion-safe:animate-pulse',
  expired: 'bg-bad',
};

export function ConnectionState() {
  const { t } = useLocale();
  const { connection } = useLive();
  const isLive = connection.state === 'live';
  return (
    <span className="flex items-center gap-1.5 text-[0.9em] whitespace-nowrap text-dim">
      <span aria-hidden className={`size-2 rounded-full ${DOT[connection.state]}`} />
      {isLive ? t.live : t.connecting}
    </span>
  );
}

/** Says that what is shown may be old, and when it is current again. */
export function ConnectionBanner() {
  const { t, locale } = useLocale();
  const { connection, caughtUp } = useLive();
  return (
    <div role="status">
      {connection.state === 'lost' && (
        <p className="border-b border-line bg-warn-soft px-6 py-2 font-medium text-warn">
          {t.lost(timeText(connection.since, locale))}
        </p>
      )}
      {caughtUp && <p className="border-b border-line bg-ok-soft px-6 py-2 font-medium text-ok">{t.caughtUp}</p>}
    </div>
  );
}
