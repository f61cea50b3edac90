/**
 * Events, stored in the form of v1. events.k8s.io/v1 is a view of the same objects with different names for some
 * fields.
 */

import { column, NAME, wide } from '../machinery/columns.ts';
import { since } from '../machinery/duration.ts';
import { type FieldError, IMMUTABLE, invalid, invalidFor, required } from '../machinery/field-error.ts';
import { qualifiedName } from '../machinery/formats.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { isUnset, numberOf, objectOf, sameValue, textOf } from '../machinery/read.ts';
import type { Column, Printer, View } from '../machinery/resource.ts';
import { define } from './define.ts';

/** Fields with different names in events.k8s.io/v1 and v1. */
const FIELDS = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['reportingController', 'reportingComponent'],
] as const;

const TO_CORE: ReadonlyMap<string, string> = new Map(FIELDS);
const FROM_CORE: ReadonlyMap<string, string> = new Map(FIELDS.map(([newer, core]) => [core, newer]));

function renamed(object: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value]));
}

const view: View = {
  of: '/events',
  // v1 always includes these.
  toStored: (event) => ({
    involvedObject: {},
    reportingComponent: '',
    reportingInstance: '',
    ...renamed(event, TO_CORE),
  }),
  fromStored({ apiVersion, kind, metadata, ...core }) {
    const fields = Object.entries(renamed(core, FROM_CORE)).filter(([key, value]) => value !== '' || key === 'note');
    return { apiVersion, kind, metadata, ...Object.fromEntries(fields) };
  },
};

/** A field by its v1 name, in either form of the object. */
function field(event: StoredObject, name: string): Json | undefined {
  return event[name] ?? event[FROM_CORE.get(name) ?? name];
}

const LIMIT = 128;
const NOTE_LIMIT = 1024;
const CLUSTER_NAMESPACES: ReadonlySet<string> = new Set(['default', 'kube-system']);

/** Errors common to both APIs. `reporter` is the name of the field for the reporting controller. */
function eventErrors(event: StoredObject, reporter: string): readonly FieldError[] {
  const namespace = event.metadata.namespace ?? '';
  const about = textOf(objectOf(field(event, 'involvedObject')).namespace);
  const elsewhere = invalid('involvedObject.namespace', about, 'does not match event.namespace');
  if (isUnset(event.eventTime)) {
    const fits = about === '' ? namespace === 'default' : about === namespace;
    return fits ? [] : [elsewhere];
  }
  const controller = textOf(field(event, 'reportingComponent'));
  const text = (path: string, value: string, limit: number): readonly FieldError[] =>
    Buffer.byteLength(value) > limit ? [invalid(path, '', `can have at most ${limit} characters`)] : [];
  const needed = (path: string, value: string): readonly FieldError[] =>
    value === '' ? [required(path)] : text(path, value, LIMIT);
  return [
    ...(about === '' && !CLUSTER_NAMESPACES.has(namespace) ? [elsewhere] : []),
    ...(controller === '' ? [required(reporter)] : []),
    ...invalidFor(reporter, controller, qualifiedName(controller)),
    ...needed('reportingInstance', textOf(event.reportingInstance)),
    ...needed('action', textOf(event.action)),
    ...needed('reason', textOf(event.reason)),
    ...text('message', textOf(field(event, 'message')), NOTE_LIMIT),
  ];
}

function seriesErrors(event: StoredObject): readonly FieldError[] {
  if (isUnset(event.series)) return [];
  const { count, lastObservedTime } = objectOf(event.series);
  return [
    ...(numberOf(count) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(isUnset(lastObservedTime) ? [required('series.lastObservedTime')] : []),
  ];
}

function newEventErrors(event: StoredObject): readonly FieldError[] {
  const type = textOf(event.type);
  const unset = (path: string, empty: boolean): readonly FieldError[] =>
    empty ? [] : [invalid(path, '', 'needs to be unset')];
  const source = objectOf(field(event, 'source'));
  return [
    ...eventErrors(event, 'reportingController'),
    ...seriesErrors(event),
    ...(isUnset(event.eventTime) ? [required('eventTime')] : []),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalid('type', '', `has invalid value: ${type}`)]),
    ...unset('firstTimestamp', isUnset(field(event, 'firstTimestamp'))),
    ...unset('lastTimestamp', isUnset(field(event, 'lastTimestamp'))),
    ...unset('count', numberOf(field(event, 'count')) === 0),
    ...unset('source', isUnset(source.component) && isUnset(source.host)),
  ];
}

const FIXED = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

function changeErrors(event: StoredObject, old: StoredObject): readonly FieldError[] {
  return [
    ...eventErrors(event, 'reportingController'),
    ...(sameValue(event.series, old.series) ? [] : seriesErrors(event)),
    ...FIXED.flatMap((name) => {
      if (sameValue(field(event, name), field(old, name))) return [];
      const path = name === 'reportingComponent' ? 'reportingController' : name;
      return [invalid(path, field(event, name), IMMUTABLE)];
    }),
  ];
}

function selectable(event: StoredObject): Readonly<Record<string, string>> {
  const about = objectOf(field(event, 'involvedObject'));
  const reporter = textOf(field(event, 'reportingComponent'));
  const names = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;
  return {
    ...Object.fromEntries(names.map((name) => [`involvedObject.${name}`, textOf(about[name])])),
    reason: textOf(event.reason),
    reportingComponent: reporter,
    source: textOf(objectOf(field(event, 'source')).component) || reporter,
    type: textOf(event.type),
  };
}

/** The same fields, with their names in events.k8s.io. */
function newSelectable(event: StoredObject): Readonly<Record<string, string>> {
  const { reportingComponent = '', reason: _reason, source: _source, ...fields } = selectable(event);
  const names = Object.entries(fields).map(([key, value]) => [key.replace('involvedObject.', 'regarding.'), value]);
  return { ...Object.fromEntries(names), reportingController: reportingComponent };
}

const COLUMNS: readonly Column[] = [
  column('Last Seen', 'Time since the last occurrence.'),
  column('Type', 'Normal or Warning.'),
  column('Reason', 'Reason for the Event.'),
  column('Object', 'Object that the Event is about.'),
  wide('Subobject', 'Part of the object.'),
  wide('Source', 'Component that reported the Event.'),
  column('Message', 'Description of the Event.'),
  wide('First Seen', 'Time since the first occurrence.'),
  wide('Count', 'Number of occurrences.'),
  { ...NAME, priority: 1 },
];

const printer: Printer = {
  columns: COLUMNS,
  row(event, now) {
    const time = (name: string): string | undefined => textOf(field(event, name)) || undefined;
    const first = since(time('firstTimestamp') ?? time('eventTime'), now);
    const series = isUnset(event.series) ? undefined : objectOf(event.series);
    const last = series
      ? since(textOf(series.lastObservedTime) || undefined, now)
      : since(time('lastTimestamp') ?? time('firstTimestamp') ?? time('eventTime'), now);
    const about = objectOf(field(event, 'involvedObject'));
    const kind = textOf(about.kind).toLowerCase();
    const source = objectOf(field(event, 'source'));
    const component = textOf(source.component) || textOf(field(event, 'reportingComponent'));
    const instance = textOf(source.host) || textOf(event.reportingInstance);
    return [
      last,
      textOf(event.type),
      textOf(event.reason),
      isUnset(about.name) ? kind : `${kind}/${textOf(about.name)}`,
      textOf(about.fieldPath),
      instance === '' ? component : `${component}, ${instance}`,
      textOf(field(event, 'message')).trim(),
      first,
      // A single Event in the newer API has no count.
      series ? numberOf(series.count) : numberOf(field(event, 'count')) || 1,
      event.metadata.name,
    ];
  },
};

const shared = {
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  createOnUpdate: true,
  printer,
} as const;

/** v1 Events, as stored; the older API has fewer validation rules. */
export const coreEvents = define({
  ...shared,
  group: '',
  validate: (event) => eventErrors(event, 'reportingComponent'),
  strategy: { fields: selectable },
});

/** events.k8s.io/v1 Events. */
export const events = define({
  ...shared,
  group: 'events.k8s.io',
  view,
  strategy: { validateCreate: newEventErrors, validateUpdate: changeErrors, fields: newSelectable },
});
