/** The Grafana dashboard. The places of panels follow from their order. */
import { type Panel, ROWS } from './dashboard-panels.ts';

const ROW_WIDTH = 24;
const HEIGHT = { stat: 4, timeseries: 8, table: 8 } as const;
const SHOWN_DIGITS = 3;

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

function targetsOf({ queries, type }: Panel) {
  return queries.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + i),
    datasource: DATASOURCE,
    expr,
    legendFormat: legend,
    ...(type === 'timeseries' ? {} : { instant: true }),
    ...(type === 'table' && { format: 'table' }),
  }));
}

/** The model of Grafana 9 and later. */
export function dashboard() {
  const panels: object[] = [];
  let y = 0;
  let id = 1;
  for (const row of ROWS) {
    panels.push({
      id: id++,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: ROW_WIDTH, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    for (const panel of row.panels) {
      const { title, description, type, unit, width } = panel;
      panels.push({
        id: id++,
        type,
        title,
        description,
        datasource: DATASOURCE,
        gridPos: { x, y, w: width, h: HEIGHT[type] },
        fieldConfig: {
          defaults: { unit, min: 0, ...(type === 'stat' && { decimals: unit === 'short' ? 0 : SHOWN_DIGITS }) },
          overrides: [],
        },
        targets: targetsOf(panel),
      });
      x += width;
    }
    y += Math.max(...row.panels.map(({ type }) => HEIGHT[type]));
  }
  return {
    uid: 'catamaran',
    title: 'Catamaran',
    tags: ['catamaran', 'multicluster'],
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'member',
          label: 'Member',
          type: 'query',
          datasource: DATASOURCE,
          query: { query: 'label_values(catamaran_member_up, member)', refId: 'member' },
          refresh: 2,
          includeAll: true,
          multi: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels,
  };
}
