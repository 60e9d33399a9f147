/** As what a model itself is taken elsewhere, from the command line and from the window alike. It loads nothing. */
export const MODEL_FORMATS = ['safetensors', 'savedmodel', 'onnx', 'onnx-int8', 'page'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** A licence's identifier as SPDX forms them. */
export const LICENCE = /^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$/;
