/** Names on the wire between preload and main, apart from the contract so that the preload stays small. */

/** invoke: (channel, params, id?) → Answer; the id is the page's, to cancel the call by. */
export const CALL_CHANNEL = 'covae:call';
/** send: (id); takes a call back. */
export const CANCEL_CHANNEL = 'covae:cancel';
/** send: (event name, payload) */
export const EVENT_CHANNEL = 'covae:event';
/** postMessage with one port */
export const PORT_CHANNEL = 'covae:port';
/** What the page's `message` event carries together with the pixel port. */
export const PIXEL_PORT_MESSAGE = 'covae:pixel-port';
