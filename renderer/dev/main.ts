import { installFakeBridge, type Scene } from './fake-bridge.ts';

const scene = new URLSearchParams(location.search).get('scene') ?? 'filled';
const offerPort = installFakeBridge(scene as Scene);
await import('../src/main.ts');
offerPort();
