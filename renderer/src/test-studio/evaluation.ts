/** For tests: an evaluation as main answers with it. */
import type { EvaluationRecord } from '../../../core/evaluate/record.ts';

/** An evaluation of samples. */
export function testRecord(changes: Partial<EvaluationRecord> = {}): EvaluationRecord {
  return {
    format: 'covae-evaluation',
    version: 1,
    kind: 'samples',
    run: { id: 'digits-tiny-abc234', name: 'digits-tiny' },
    checkpoint: { step: 2400, sha256: 'a'.repeat(64) },
    weights: 'ema',
    passes: 1,
    times: [],
    seed: 0,
    count: 5000,
    temperature: 1,
    label: null,
    against: { kind: 'train', name: 'digits', fingerprint: `sha256:${'b'.repeat(64)}`, count: 5000 },
    extractor: {
      name: 'mobilenet',
      distanceName: 'FD-MobileNetV2',
      size: 1280,
      hash: 'mobilenet-v2-b03531047ffacf1e-224-bilinear',
      rule: 'The whole image at 224 × 224 pixels.',
    },
    protocolName: 'standard',
    protocol: ['5,000 samples in 1 pass.'],
    measures: { fd: 12.5, fdInfinity: 11, kid: 0.01, kidStd: 0.001, precision: 0.6, recall: null },
    intervals: { precision: [0.58, 0.62] },
    yardstick: { measures: { fd: 1.5, precision: 0.9 }, intervals: { precision: [0.88, 0.91] }, count: 2500 },
    byTime: [],
    copies: {
      nearest: [{ sample: 17, image: 4711, distance: 1.5, neighbourDistance: 2 }],
      gap: { training: 2.5, heldOut: 2.75, count: 500 },
    },
    places: { uncovered: [3, 9], uncoveredCount: 2, stray: [12], strayCount: 1 },
    seconds: 61.5,
    secondsByPhase: { drawing: 40 },
    createdAt: '2025-11-28T12:00:00.000Z',
    application: '1.0.0',
    warnings: [],
    ...changes,
  };
}
