/** What the page knows beside the networks; renderer/page/ reads it. */
import type { GraphModelJson } from './graph-model.ts';

/** The JSON in the element `covae-data`. */
export interface PageData {
  title: string;
  /** A sentence or two about the model. */
  text: string;
  /** Sentences to know before it is used. */
  warnings: string[];
  image: { size: number; channels: 1 | 3 };
  latent: {
    shape: number[];
    values: number;
    /** Factor on a first pass's noise; null for a categorical latent. */
    size: number | null;
    /** For a categorical latent: where each category of each group lies, group by group. */
    groups: { categories: number; places: number[] } | null;
    /** Whether the encoder is given noise, too. */
    climbs: boolean;
  };
  times: { first: number; again: number };
  /** Names of the classes that the networks are told; none for a model without. */
  classes: string[];
  /** Whether the encoder is told the class. */
  encoderKnowsClass: boolean;
  /** A step of 1 along each is one standard deviation of the encodings of samples. Base64 of float32, one after the other. */
  directions: { count: number; explained: number[]; values: string };
  encoder: GraphModelJson;
  decoder: GraphModelJson;
}

/** Ids of the page's elements with data. */
export const PAGE_DATA_ID = 'covae-data';
/** Base64 in parts, `encoder-0`, `encoder-1` …: one text of all would be too long for browsers. */
export const WEIGHTS_IDS = { encoder: 'covae-encoder-', decoder: 'covae-decoder-' } as const;
