import { visibleLines } from '../../../../src/runtime/visible.ts';

/** Text of another party: characters without a glyph are escaped, and its direction does not affect what is around. */
export function Foreign({ children, className }: { readonly children: string; readonly className?: string }) {
  return <bdi className={className}>{visibleLines(children)}</bdi>;
}

export function Mono({ children, className = '' }: { readonly children: string; readonly className?: string }) {
  return (
    <bdi className={`font-mono text-[0.93em] ${className}`} translate="no">
      {visibleLines(children)}
    </bdi>
  );
}
