/**
 * Removes what may be secret from objects: users keep tokens in annotations and labels, and messages quote them. Values of
 * keys that Kubernetes and Catamaran define stay.
 */
import { isJsonObject, type Json } from '../../api/json.ts';
import { redacted } from '../../runtime/redact.ts';

const OMITTED = '[omitted]';
/** Maps whose values users choose. */
const FREE_MAPS = ['labels', 'annotations', 'exportedLabels', 'exportedAnnotations', 'selector', 'matchLabels'];
/** Repeat other fields. */
const DROPPED = ['managedFields'];
const KNOWN_DOMAIN = /^(?:[\w-]+\.)*(?:kubernetes\.io|k8s\.io|catamaran\.dev)\//;
/** The manifest as applied, with all annotations. */
const REPEATED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Shorter values, such as `web` or `true`, are words of other texts as well. */
const MIN_QUOTED = 6;

export interface Scrubber {
  /** A copy without values that may be secret. */
  scrub(value: Json): Json;
  /** Replaces what {@link scrub} has removed so far, and credentials, in a text that may quote it. */
  clean(text: string): string;
}

export function createScrubber(): Scrubber {
  const omitted = new Set<string>();
  const omit = (value: Json | undefined): string => {
    if (typeof value === 'string' && value.length >= MIN_QUOTED) omitted.add(value);
    return OMITTED;
  };
  const freeMap = (map: Json | undefined): Json => {
    if (!isJsonObject(map)) return map ?? null;
    const entries = Object.entries(map).map(([key, value = null]): [string, Json] => {
      const stays = KNOWN_DOMAIN.test(key) && key !== REPEATED;
      return [key, stays ? scrub(value) : omit(value)];
    });
    return Object.fromEntries(entries);
  };
  const scrub = (value: Json): Json => {
    if (typeof value === 'string') return redacted(value);
    if (Array.isArray(value)) return value.map(scrub);
    if (!isJsonObject(value)) return value;
    const entries = Object.entries(value).flatMap(([key, each = null]): [string, Json][] => {
      if (DROPPED.includes(key)) return [];
      return [[key, FREE_MAPS.includes(key) ? freeMap(each) : scrub(each)]];
    });
    return Object.fromEntries(entries);
  };
  const clean = (text: string): string => {
    // The longest first: one may contain another.
    const values = [...omitted].sort((a, b) => b.length - a.length);
    const quoted = (each: string) => [each, JSON.stringify(each).slice(1, -1)];
    return values.flatMap(quoted).reduce((rest, each) => rest.replaceAll(each, OMITTED), redacted(text));
  };
  return { scrub, clean };
}
