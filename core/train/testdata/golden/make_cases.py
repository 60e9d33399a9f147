"""Makes or recomputes golden cases with the official PyTorch implementation of CoVAE, in float32 on the CPU.

    python make_cases.py REFERENCE make CONFIGS.json FOLDER   one case for each configuration in a list
    python make_cases.py REFERENCE check FOLDER               recompute the cases of a folder, say how far they are

REFERENCE is a clone of the implementation. A configuration is the `config` object of a case and needs only what
differs from DEFAULTS (`mult_dec`, `blocks_enc` and so on where the networks differ), a `name`, and `samples` where not three passes of sampling are wanted (the reference cannot
sample vector latents with an average decoder). Weights begin away from the near-zero ones of the initialisation, so
that every part counts; `fresh` leaves them. Needs torch, numpy and safetensors. Dropout is 0 throughout.
"""

import argparse
import contextlib
import json
import math
import pathlib
import sys
import types
from unittest import mock

import torch
from safetensors.torch import load_file, save_file

DEFAULTS = dict(
    variant='covae', img=16, in_channels=1, model_channels=8, mult=[1, 2], blocks=1, attn=[8],
    z_channels=2, final_dim=None, step_schedule='exp', sigma_min=0.05, sigma_max=3.0, rho=7.0, start_scales=2,
    end_scales=256, total_training_steps=400000, loss_mode='huber', denoiser_loss_mode='l2', use_gan=False, ndf=8,
    gan_warmup_steps=0, gan_lambda=0.05, time_scale='karras', rec_weight_mode='linear', kl_weight_mode='square',
    lambda_denoiser=0.1, latent_type='gaussian', latent_shape=[], kernel='ve', p_mean=-1.1, p_std=2.0,
    sigma_data=0.5, norm_strength=0.001, norm_weight='fixed', noise_schedule='lognormal', batch=3, steps=12,
    lr=0.001, clip=200.0, ema=0.99, seed=0, step_at=[0, 60000, 399999],
)


def import_reference(folder):
    """Puts the implementation on the path; of Lightning it needs one function only, which stands in when absent."""
    sys.path.insert(0, str(folder))
    try:
        import lightning  # noqa: F401
    except ImportError:
        seed = types.ModuleType('lightning.pytorch.utilities.seed')
        seed.isolate_rng = contextlib.nullcontext
        for name in ('lightning', 'lightning.pytorch', 'lightning.pytorch.utilities'):
            sys.modules[name] = types.ModuleType(name)
        sys.modules[seed.__name__] = seed


def build(c):
    """The reference's model for a configuration, freshly initialised."""
    from kernels.linear_interpolant import LinearInterpolantKernel
    from kernels.variance_exploding import VarianceExplodingKernel
    from models.covae import CoVAE
    from models.covae_simple import CoVAESimple
    from networks.autoencoder import AutoEncoder
    from networks.discriminator import NLayerDiscriminator, weights_init

    own = lambda key, network: c.get(f'{key}_{network}', c[key])
    net = AutoEncoder(
        img_resolution=c['img'], in_channels=c['in_channels'], out_channels=c['out_channels'],
        model_channels=c['model_channels'], channel_mult_enc=own('mult', 'enc'), channel_mult_dec=own('mult', 'dec'),
        num_blocks_enc=own('blocks', 'enc'), num_blocks_dec=own('blocks', 'dec'), attn_resolutions=c['attn'], dropout=0.0,
        z_channels=c['z_channels'], final_dim=c['final_dim'],
    )
    side = c['img'] // 2 ** (len(own('mult', 'enc')) - 1)
    shape = [c['z_channels'], side, side] if c['final_dim'] is None else [c['final_dim']]
    discriminator = None
    if c['use_gan']:
        discriminator = NLayerDiscriminator(input_nc=c['in_channels'], ndf=c['ndf']).apply(weights_init)
    same = ('step_schedule', 'sigma_min', 'sigma_max', 'rho', 'start_scales', 'end_scales', 'total_training_steps',
            'loss_mode', 'denoiser_loss_mode', 'use_gan', 'gan_warmup_steps', 'gan_lambda')
    if c['variant'] == 'covae':
        kind, own = CoVAE, ('time_scale', 'rec_weight_mode', 'kl_weight_mode', 'lambda_denoiser', 'latent_type',
                            'latent_shape')
        more = {}
    else:
        kind, own = CoVAESimple, ('p_mean', 'p_std', 'sigma_data', 'norm_strength', 'norm_weight', 'noise_schedule')
        kernel = {'ve': VarianceExplodingKernel, 'li': LinearInterpolantKernel}[c['kernel']]
        more = dict(kernel=kernel(c['sigma_min'], c['sigma_max'], c['sigma_data']), mid_t=0.821)
    return kind(model=net, noise_shape=shape, discriminator=discriminator, **more, **{k: c[k] for k in same + own})


def levels_of(model, c):
    """The numbers of levels whose time steps a case holds."""
    return sorted({model._step_schedule(0), 17, c['end_scales'] + 1})


def draw_inputs(model, c, samples, fresh):
    """What a case starts from: weights, images, times, indices, noise."""
    with torch.no_grad():
        for name, p in [] if fresh else model.model.named_parameters():
            leaf = name.rsplit('.', 2)[-2:]
            if leaf[-1] == 'bias' or leaf[0] in ('conv1', 'proj') or 'aux_conv' in name:
                p.add_(torch.randn_like(p) * 0.05)
            elif 'norm' in leaf[0]:
                p.add_(torch.randn_like(p) * 0.1)
    tensors = {f'param.{k}': v.detach().clone() for k, v in model.model.named_parameters()}
    if c['use_gan']:
        state = model.discriminator.state_dict().items()
        tensors |= {f'disc.{k}': v.clone() for k, v in state if 'num_batches' not in k}
    if c['variant'] == 'covae_simple' and not c['norm_strength'] > 0:
        tensors |= {f'layer_norm.{k}': v.clone() for k, v in model.layer_norm.state_dict().items()}

    rows = c['batch']
    x = torch.tanh(torch.randn(rows, c['in_channels'], c['img'], c['img']) * 0.9)
    tensors['x'] = (x > 0).float() if c['loss_mode'] == 'bce' else x
    noise = lambda: model.sample_noise(rows, 'cpu')
    final = model._get_time_steps(c['end_scales'] + 1, 'cpu')
    first = 1 if c['variant'] == 'covae' else 0
    at = torch.linspace(first, len(final) - 1, rows).round().long()
    tensors['fwd.t'] = final[at]
    tensors['fwd.noise'] = noise()

    def indices(step):
        steps = model._get_time_steps(model._step_schedule(step), 'cpu')
        return torch.randint(0, len(steps) - 1, (rows,)).int(), len(steps) - 2

    for k, step in enumerate(c['step_at']):
        idx, last = indices(step)
        idx[0] = 0
        if rows > 1:
            idx[-1] = last
        tensors[f'loss{k}.idx'] = idx
        tensors[f'loss{k}.noise'] = noise()
    for k in range(samples):
        tensors[f'sample.noise{k}'] = noise()
    for k in range(c['steps']):
        tensors[f'train{k}.idx'], _ = indices(train_start(c) + k)
        tensors[f'train{k}.noise'] = noise()
    return tensors


def train_start(c):
    """The training steps begin at the second of the steps at which losses are given."""
    return c['step_at'][min(1, len(c['step_at']) - 1)]


@contextlib.contextmanager
def given(model, noise, idx=None):
    """Has the model draw these noises, one after the other, and these indices."""
    draws = iter(noise if isinstance(noise, list) else [noise])
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(model, 'sample_noise', lambda *_: next(draws)))
        if idx is not None:
            stack.enter_context(mock.patch('torch.randint', lambda *_, **__: idx.long()))
            if hasattr(model, '_get_indices'):
                stack.enter_context(mock.patch.object(model, '_get_indices', lambda *_, **__: idx.long()))
        yield


def load_weights(model, tensors):
    with torch.no_grad():
        for name, p in model.model.named_parameters():
            p.copy_(tensors[f'param.{name}'])
        if model.discriminator is not None:
            own = {k[len('disc.'):]: v for k, v in tensors.items() if k.startswith('disc.')}
            missing, unknown = model.discriminator.load_state_dict(own, strict=False)
            assert not unknown and all('num_batches' in k for k in missing)
    model.train()


def compute(c, tensors, steps_at):
    """The numbers of a case from its inputs: tensors and scalars."""
    model = build(c)
    net, discriminator, x = model.model, model.discriminator, tensors['x']
    out, simple = {}, c['variant'] == 'covae_simple'
    scalars = dict(config=c, num_params=sum(p.numel() for p in net.parameters()))
    scalars['num_timesteps_at_step'] = [[s, model._step_schedule(s)] for s in steps_at]
    for n in sorted(int(k.split('.')[1]) for k in tensors if k.startswith('time_steps.')):
        out[f'time_steps.{n}'] = model._get_time_steps(n, 'cpu').float()

    load_weights(model, tensors)
    with torch.no_grad():
        t, noise = tensors['fwd.t'], tensors['fwd.noise']
        out['fwd.emb'] = net.time_embedding(t.log() / 4)
        if simple:
            z0 = model.encode(x, t, None)
            z = model.kernel.forward(z0, model._append_dims(t, z0.ndim), noise)
            out |= {'fwd.z0': z0, 'fwd.z': z}
            decoded, denoiser = model.decode(z, t, None)
        else:
            mu, std = model.encode(x, t, None)
            z = model._reparametrized_sample(mu, std, noise)
            out |= {'fwd.mu': mu, 'fwd.std': std, 'fwd.z': z}
            decoded, _, _, denoiser = model.precond(x, t, noise, None)
        out['fwd.x'] = decoded
        if denoiser is not None:
            out['fwd.denoiser_x'] = denoiser

    def scalars_of(loss, log):
        return dict(total=loss.item(), **{k: float(v) for k, v in log.items()})

    scalars['losses'] = []
    for k, step in enumerate(c['step_at']):
        load_weights(model, tensors)
        model.zero_grad()
        with given(model, tensors[f'loss{k}.noise'], tensors[f'loss{k}.idx']):
            loss, log, x_t = model.loss(x, step)
        loss.backward()
        line = dict(step=step, **scalars_of(loss, log))
        gradients = {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in net.named_parameters()}
        line['grad_norms'] = {n: g.norm().item() for n, g in gradients.items()}
        out[f'loss{k}.x_t'] = x_t.detach()
        if k == 1:
            out |= {f'loss1.grad.{n}': g.clone() for n, g in gradients.items()}
        if discriminator is not None:
            discriminator.zero_grad()
            loss = model.discriminator_loss(x, x_t)
            loss.backward()
            line['discriminator_loss'] = loss.item()
            line['disc_grad_norms'] = {n: p.grad.norm().item() for n, p in discriminator.named_parameters()}
        scalars['losses'].append(line)

    load_weights(model, tensors)
    noises = [tensors[f'sample.noise{k}'] for k in range(sum(n.startswith('sample.noise') for n in tensors))]
    for n in range(1, len(noises) + 1):
        with given(model, noises[:n]):
            out[f'sample.{n}'] = model.sample([len(noises[0])], n, 'cpu')

    load_weights(model, tensors)
    optimizer = torch.optim.RAdam(net.parameters(), lr=c['lr'])
    average = [p.detach().clone() for p in net.parameters()]
    if discriminator is not None:
        own_optimizer = torch.optim.RAdam(discriminator.parameters(), lr=c['lr'])
    scalars['train'] = []
    for k in range(sum(n.startswith('train') and n.endswith('.idx') for n in tensors)):
        step = train_start(c) + k
        model.zero_grad()
        with given(model, tensors[f'train{k}.noise'], tensors[f'train{k}.idx']):
            loss, log, x_t = model.loss(x, step)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), c['clip'] if c['clip'] > 0 else math.inf)
        optimizer.step()
        line = dict(step=step, total=loss.item(), grad_norm=norm.item(), **{n: float(v) for n, v in log.items()})
        if discriminator is not None and step >= c['gan_warmup_steps']:
            discriminator.zero_grad()
            loss = model.discriminator_loss(x, x_t)
            loss.backward()
            own_optimizer.step()
            line['discriminator_loss'] = loss.item()
        with torch.no_grad():
            for a, p in zip(average, net.parameters()):
                a.copy_(p.lerp(a, c['ema']))
        scalars['train'].append(line)
    for (name, p), a in zip(net.named_parameters(), average):
        out[f'after.{name}'] = p.detach().clone()
        out[f'after_ema.{name}'] = a
    return out, scalars


def make(config, folder):
    c = DEFAULTS | {k: v for k, v in config.items() if k not in ('name', 'samples', 'fresh')}
    c.setdefault('out_channels', c['in_channels'] * (2 if c['denoiser_loss_mode'] else 1))
    total = c['total_training_steps']
    torch.manual_seed(c['seed'])
    model = build(c)
    inputs = draw_inputs(model, c, config.get('samples', 3), config.get('fresh', False))
    inputs |= {f'time_steps.{n}': torch.zeros(0) for n in levels_of(model, c)}
    at = sorted({0, 1, total // 8 - 1, total // 8, total // 3, total // 2, total - 1, total})
    out, scalars = compute(c, inputs, at)
    save_file({k: v.contiguous() for k, v in (inputs | out).items()}, folder / f'{config["name"]}.safetensors')
    (folder / f'{config["name"]}.json').write_text(json.dumps(dict(name=config['name'], **scalars)))


def distance(actual, expected):
    return ((actual - expected).abs().max() / expected.abs().max().clamp_min(1e-30)).item()


def check(path):
    case = json.loads(path.read_text())
    tensors = load_file(path.with_suffix('.safetensors'))
    out, scalars = compute(case['config'], tensors, [s for s, _ in case['num_timesteps_at_step']])
    missing = {k for k in tensors if k not in out} - {k for k in tensors if is_input(k)}
    assert not missing and out.keys() <= tensors.keys(), (missing, out.keys() - tensors.keys())
    assert scalars['num_timesteps_at_step'] == case['num_timesteps_at_step']
    assert scalars['num_params'] == case['num_params']
    worst = {}
    for k in out:
        kind = k.split('.')[0] if not k.startswith('loss1.grad') else 'loss1.grad'
        worst[kind] = max(worst.get(kind, (0, '')), (distance(out[k], tensors[k]), k))
    for part in ('losses', 'train'):
        for i, (line, expected) in enumerate(zip(scalars[part], case[part], strict=True)):
            for k, v in expected.items():
                if isinstance(v, dict):
                    assert v.keys() == line[k].keys()
                    far = max(abs(line[k][n] - w) / max(abs(w), 1e-30) for n, w in v.items())
                else:
                    far = abs(line[k] - v) / max(abs(v), 1e-30)
                kind = f'{part} {k}'
                worst[kind] = max(worst.get(kind, (0, '')), (far, f'{part}[{i}].{k}'))
    print(path.stem)
    for kind, (far, k) in worst.items():
        print(f'  {kind:28} {far:.1e}  {k}')


def is_input(name):
    return name == 'x' or name.startswith(('param.', 'disc.', 'layer_norm.', 'time_steps.')) or name.endswith(
        ('.t', '.idx')) or '.noise' in name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('reference', type=pathlib.Path)
    commands = parser.add_subparsers(dest='command', required=True)
    making = commands.add_parser('make')
    making.add_argument('configs', type=pathlib.Path)
    making.add_argument('folder', type=pathlib.Path)
    checking = commands.add_parser('check')
    checking.add_argument('folder', type=pathlib.Path)
    args = parser.parse_args()
    import_reference(args.reference)
    if args.command == 'make':
        args.folder.mkdir(parents=True, exist_ok=True)
        for config in json.loads(args.configs.read_text()):
            try:
                make(config, args.folder)
                print(config['name'])
            except (RuntimeError, AssertionError, ValueError) as error:
                print(f'{config["name"]}: the reference refuses: {error}')
    else:
        for path in sorted(args.folder.glob('*.json')):
            check(path)


if __name__ == '__main__':
    main()
