import { installFakeBridge, type Scene } from './fake-bridge.ts';

const scene = new URLSearchParams(location.search).get('scene') ?? 'filled';
installFakeBridge(scene as Scene);
await import('../src/main.ts');
