import { useLocale } from '../i18n/locale.tsx';

/** A time of today without its date. */
export function timeText(at: string | number, locale: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(locale, {
    ...(!isToday && { year: 'numeric', month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}

export function Time({ at }: { readonly at: string }) {
  const { locale } = useLocale();
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap tabular-nums">
      {timeText(at, locale)}
    </time>
  );
}
