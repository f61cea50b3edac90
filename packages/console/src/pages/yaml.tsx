import { visibleLines } from '../../../../src/runtime/visible.ts';

export function Yaml({ text }: { readonly text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
    <pre tabIndex={0} translate="no" className="max-h-72 overflow-auto rounded-md border border-line bg-ground p-3">
      {visibleLines(text)}
    </pre>
  );
}
