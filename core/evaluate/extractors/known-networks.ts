/** Networks whose weights people bring themselves, and the hashes of the files as they were published. */
import { dinov2Tensors, DINOV2_LARGE, DINOV2_SMALL } from './dinov2-network.ts';
import { inceptionTensors } from './inception-network.ts';

export interface KnownNetwork {
  /** What sentences call it. */
  title: string;
  /** The published file, for a person who looks for it. */
  source: string;
  /** SHA-256 of that file. */
  sha256: string;
  /** Names and shapes of the tensors that are needed of it. */
  tensors: () => Record<string, number[]>;
}

export type NetworkName = 'inception' | 'dinov2' | 'dinov2-small';

export const NETWORKS: Readonly<Record<NetworkName, KnownNetwork>> = {
  inception: {
    title: "FID's Inception v3",
    source: 'pt_inception-2015-12-05-6726825d.pth of pytorch-fid',
    sha256: '6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2',
    tensors: inceptionTensors,
  },
  dinov2: {
    title: 'DINOv2 ViT-L/14',
    source: 'dinov2_vitl14_pretrain.pth of DINOv2',
    sha256: 'd5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428',
    tensors: () => dinov2Tensors(DINOV2_LARGE),
  },
  'dinov2-small': {
    title: 'DINOv2 ViT-S/14',
    source: 'dinov2_vits14_pretrain.pth of DINOv2',
    sha256: 'b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9',
    tensors: () => dinov2Tensors(DINOV2_SMALL),
  },
};
