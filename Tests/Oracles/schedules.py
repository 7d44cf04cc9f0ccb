"""Reference values of learning-rate schedules, from PyTorch.

Run `python3 Tests/Oracles/schedules.py > Tests/Oracles/schedules.json`.
"""

import json

import torch
from torch.optim import lr_scheduler as lr

BASE = 2e-3
STEPS = 40


def rates(make):
    """The rate of each step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = make(optimizer)
    history = []
    for _ in range(STEPS):
        history.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return history


def warmed(optimizer, steps, scheduler):
    """`steps` of a linear rise, whose first is 1 / `steps` of the rate, and then another schedule."""
    rise = lr.LinearLR(optimizer, start_factor=1 / steps, end_factor=1, total_iters=steps - 1)
    return lr.SequentialLR(optimizer, [rise, scheduler], milestones=[steps])


schedules = {
    "polynomial(0.3)": lambda o: lr.PolynomialLR(o, STEPS, power=0.3),
    "polynomial(2)": lambda o: lr.PolynomialLR(o, STEPS, power=2),
    "cosine(to = 1e-07)": lambda o: lr.CosineAnnealingLR(o, STEPS, eta_min=1e-7),
    "cosine()": lambda o: lr.CosineAnnealingLR(o, STEPS),
    "cosine_restarts(12, to = 1e-06)": lambda o: lr.CosineAnnealingWarmRestarts(o, 12, eta_min=1e-6),
    "cosine_restarts([5, 10, 20, 40])": lambda o: lr.CosineAnnealingWarmRestarts(o, 5, T_mult=2),
    "steps([10, 25, 30])": lambda o: lr.MultiStepLR(o, [10, 25, 30], gamma=0.5),
    "steps([7], by = 0.1)": lambda o: lr.MultiStepLR(o, [7], gamma=0.1),
    "constant()": lambda o: lr.ConstantLR(o, factor=1, total_iters=0),
    "warmup(8) + constant()": lambda o: warmed(o, 8, lr.ConstantLR(o, factor=1, total_iters=0)),
    "warmup(8) + cosine(to = 1e-07)": lambda o: warmed(
        o, 8, lr.CosineAnnealingLR(o, STEPS - 8, eta_min=1e-7)),
    "warmup(10) + steps([10, 20])": lambda o: warmed(o, 10, lr.MultiStepLR(o, [10, 20], gamma=0.5)),
    "constant(15) + cosine(to = 1e-06)": lambda o: lr.SequentialLR(
        o, [lr.ConstantLR(o, factor=1, total_iters=0), lr.CosineAnnealingLR(o, STEPS - 15, eta_min=1e-6)],
        milestones=[15]),
}

print(json.dumps({
    "torch": torch.__version__.split("+")[0], "base": BASE,
    "rates": {name: rates(make) for name, make in schedules.items()},
}))
