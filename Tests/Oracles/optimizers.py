"""Reference values of optimisers, from PyTorch: what twelve steps make of a matrix.

Run `python3 Tests/Oracles/optimizers.py > Tests/Oracles/optimizers.json`.
"""

import json

import torch

STEPS = 12


def floats(tensor):
    """Its values in order, each with the digits that single precision has."""
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def trained(make, start, gradients, rates):
    """Weights after each step."""
    weights = torch.nn.Parameter(start.clone())
    optimizer = make([weights])
    history = []
    for gradient, rate in zip(gradients, rates):
        optimizer.param_groups[0]["lr"] = rate
        weights.grad = gradient.clone()
        optimizer.step()
        history.append(floats(weights))
    return history


torch.manual_seed(0)
rows, columns = 9, 8
start = torch.randn(rows, columns)
gradients = [torch.randn(rows, columns) * 10.0 ** -(i % 4) for i in range(STEPS)]
rates = [1e-2 * (1 - i / STEPS) ** 0.3 for i in range(STEPS)]

optimizers = {
    "adam(betas = [0.8, 0.99], epsilon = 1e-6)":
        lambda w: torch.optim.Adam(w, betas=(0.8, 0.99), eps=1e-6),
    "adamw()": lambda w: torch.optim.AdamW(w),
    "adamw(decay = 0.1, betas = [0.9, 0.9])": lambda w: torch.optim.AdamW(w, weight_decay=0.1, betas=(0.9, 0.9)),
    "sgd()": lambda w: torch.optim.SGD(w, momentum=0.9),
    "sgd(momentum = 0)": lambda w: torch.optim.SGD(w, momentum=0),
    "sgd(momentum = 0.8, decay = 0.1)": lambda w: torch.optim.SGD(w, momentum=0.8, weight_decay=0.1),
    # In bfloat16, unlike ours: its orthogonal updates are good to some percent.
    "muon()": lambda w: torch.optim.Muon(
        w, weight_decay=0, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
    "muon(decay = 0.5)": lambda w: torch.optim.Muon(
        w, weight_decay=0.5, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
}

# Clipping, of all gradients together: the first rows and the others as two parameters.
clipped = {}
for name, clip in {
    "norm 0.5": lambda p: torch.nn.utils.clip_grad_norm_(p, 0.5),
    "norm 1000": lambda p: torch.nn.utils.clip_grad_norm_(p, 1000.0),
    "value 0.01": lambda p: torch.nn.utils.clip_grad_value_(p, 0.01),
}.items():
    parts = [torch.nn.Parameter(part.clone()) for part in (start[:5], start[5:])]
    history = []
    for gradient in gradients[:4]:
        parts[0].grad, parts[1].grad = gradient[:5].clone(), gradient[5:].clone()
        clip(parts)
        history.append(floats(torch.cat([part.grad for part in parts])))
    clipped[name] = history

# The running mean of the weights along twelve steps of gradient descent.
model = torch.nn.Linear(columns, rows, bias=False)
model.weight.data = start.clone()
average = torch.optim.swa_utils.AveragedModel(
    model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
average.update_parameters(model)  # The first one copies.
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
averages = []
for gradient in gradients:
    model.weight.grad = gradient.clone()
    optimizer.step()
    average.update_parameters(model)
    averages.append(floats(average.module.weight))

print(json.dumps({
    "torch": torch.__version__.split("+")[0], "rows": rows, "columns": columns,
    "start": floats(start), "rates": rates,
    "gradients": [floats(g) for g in gradients],
    "weights": {name: trained(make, start, gradients, rates) for name, make in optimizers.items()},
    "clipped": clipped, "averages": averages,
}))
