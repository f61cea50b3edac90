/** What an expression of PromQL refers to. */
import { parser } from '@prometheus-io/lezer-promql';

export interface Matcher {
  readonly label: string;
  readonly value: string;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `on` and `group_left`. */
  readonly grouping: readonly string[];
}

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** @throws an Error if it is not PromQL. */
export function parseQuery(expr: string): Query {
  const textOf = ({ from, to }: SyntaxNode) => expr.slice(from, to);
  const childrenOf = (node: SyntaxNode, name: string): SyntaxNode[] => {
    const found: SyntaxNode[] = [];
    node.cursor().iterate((one) => {
      if (one.name === name) found.push(one.node);
    });
    return found;
  };
  const { topNode } = parser.parse(expr);
  topNode.cursor().iterate((node) => {
    if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expr}`);
  });
  const matcherOf = (node: SyntaxNode): Matcher => {
    const [label = '', value = ''] = textOf(node).split(/\s*(?:=~|!~|!=|=)\s*/);
    return { label, value: value.replace(/^"|"$/g, '') };
  };
  return {
    selectors: childrenOf(topNode, 'VectorSelector').map((node) => ({
      metric: textOf(node).replace(/\{[\s\S]*/, ''),
      matchers: childrenOf(node, 'UnquotedLabelMatcher').map(matcherOf),
    })),
    grouping: childrenOf(topNode, 'GroupingLabels').flatMap((node) => childrenOf(node, 'LabelName').map(textOf)),
  };
}
