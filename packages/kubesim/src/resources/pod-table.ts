/** Table rows of pods for `kubectl get`. Source: Kubernetes documentation, "Pod Lifecycle"; kubectl reference. */

import { AGE, age, column, NAME, wide } from '../machinery/columns.ts';
import { since } from '../machinery/duration.ts';
import type { Json, JsonObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { at, isUnset, maybeObject, numberOf, objectOf, objectsOf, textOf } from '../machinery/read.ts';
import type { Printer } from '../machinery/resource.ts';

/** Aggregated state of the containers of a pod. */
interface Summary {
  ready: number;
  restarts: number;
  /** Time of the last termination among restarted containers. */
  lastEnd: string;
  reason: string;
}

function isSidecar(container: JsonObject | undefined): boolean {
  return container?.restartPolicy === 'Always';
}

function count(summary: Summary, status: JsonObject): void {
  summary.restarts += numberOf(status.restartCount);
  const end = textOf(at(status.lastState, 'terminated', 'finishedAt'));
  if (end > summary.lastEnd) summary.lastEnd = end;
}

/** Why a container terminated: a reason, a signal or an exit code. */
function endReason(terminated: JsonObject): string {
  if (!isUnset(terminated.reason)) return textOf(terminated.reason);
  const signal = numberOf(terminated.signal);
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberOf(terminated.exitCode)}`;
}

/** Counts init containers. Returns whether the pod is still initializing. */
function initSummary(pod: StoredObject, summary: Summary, sidecars: Summary): boolean {
  const containers = objectsOf(at(pod.spec, 'initContainers'));
  for (const [i, status] of objectsOf(at(pod.status, 'initContainerStatuses')).entries()) {
    const sidecar = isSidecar(containers.find((one) => one.name === status.name));
    count(summary, status);
    if (sidecar) count(sidecars, status);
    const { terminated, waiting } = objectOf(status.state);
    const ended = maybeObject(terminated);
    if (ended && numberOf(ended.exitCode) === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready === true) summary.ready += 1;
      continue;
    }
    const waits = textOf(objectOf(waiting).reason);
    if (ended) summary.reason = `Init:${endReason(ended)}`;
    else if (waits !== '' && waits !== 'PodInitializing') summary.reason = `Init:${waits}`;
    else summary.reason = `Init:${i}/${containers.length}`;
    return true;
  }
  return false;
}

function mainSummary(pod: StoredObject, summary: Summary): void {
  let running = false;
  for (const status of objectsOf(at(pod.status, 'containerStatuses')).toReversed()) {
    count(summary, status);
    const { waiting, terminated } = objectOf(status.state);
    const waits = textOf(objectOf(waiting).reason);
    if (waits !== '') summary.reason = waits;
    else if (!isUnset(terminated)) summary.reason = endReason(objectOf(terminated));
    else if (status.ready === true && !isUnset(at(status.state, 'running'))) {
      running = true;
      summary.ready += 1;
    }
  }
  if (summary.reason === 'Completed' && running) summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function hasCondition(pod: StoredObject, type: string): boolean {
  return objectsOf(at(pod.status, 'conditions')).some((one) => one.type === type && one.status === 'True');
}

function summarised(pod: StoredObject): Summary {
  const { phase, reason } = objectOf(pod.status);
  const gated = objectsOf(at(pod.status, 'conditions')).some(
    (one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated',
  );
  const summary: Summary = {
    ready: 0,
    restarts: 0,
    lastEnd: '',
    reason: gated ? 'SchedulingGated' : textOf(reason) || textOf(phase),
  };
  const sidecars: Summary = { ready: 0, restarts: 0, lastEnd: '', reason: '' };
  const initializing = initSummary(pod, summary, sidecars);
  if (!initializing || hasCondition(pod, 'Initialized')) {
    summary.restarts = sidecars.restarts;
    summary.lastEnd = sidecars.lastEnd;
    mainSummary(pod, summary);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (reason === 'NodeLost') summary.reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.reason = 'Terminating';
  }
  return summary;
}

function gatesText(pod: StoredObject): string {
  const gates = objectsOf(at(pod.spec, 'readinessGates'));
  if (gates.length === 0) return '<none>';
  return `${gates.filter((gate) => hasCondition(pod, textOf(gate.conditionType))).length}/${gates.length}`;
}

function orNone(value: Json | undefined): string {
  return textOf(value) || '<none>';
}

export const podPrinter: Printer = {
  columns: [
    NAME,
    column('Ready', 'Number of ready containers out of all containers.'),
    column('Status', 'Aggregate status of the containers.'),
    column('Restarts', 'Number of container restarts, and time since the last one.'),
    AGE,
    wide('IP', 'Address of the pod.'),
    wide('Node', 'Node of the pod.'),
    wide('Nominated Node', 'Node on which pods are preempted for the pod.'),
    wide('Readiness Gates', 'Number of satisfied readiness gates out of all gates.'),
  ],
  row(pod, now) {
    const summary = summarised(pod);
    const sidecars = objectsOf(at(pod.spec, 'initContainers')).filter(isSidecar);
    const total = objectsOf(at(pod.spec, 'containers')).length + sidecars.length;
    const again = summary.restarts !== 0 && summary.lastEnd !== '' ? ` (${since(summary.lastEnd, now)} ago)` : '';
    return [
      pod.metadata.name,
      `${summary.ready}/${total}`,
      summary.reason,
      `${summary.restarts}${again}`,
      age(pod, now),
      orNone(objectsOf(at(pod.status, 'podIPs'))[0]?.ip),
      orNone(at(pod.spec, 'nodeName')),
      orNone(at(pod.status, 'nominatedNodeName')),
      gatesText(pod),
    ];
  },
};
