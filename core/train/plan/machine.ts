import { constrainedMemory } from 'node:process';
import { describeDevice, type Device } from '../../device.ts';
import { libraryVersion } from '../../tensor/tf.ts';

let asked: Promise<Device> | null = null;

/** What trains here, asked once; on a processor with the memory that this process may use at most. */
export function trainingDevice(): Promise<Device> {
  asked ??= describeDevice(libraryVersion().gpu).then((device) => {
    const limit = constrainedMemory();
    const limited = device.kind === 'CPU' && device.memory !== null && limit > 0;
    return limited ? { ...device, memory: Math.min(device.memory ?? limit, limit) } : device;
  });
  return asked;
}
