"""Reference values of Adam, from PyTorch.

Run `python3 Tests/Oracles/adam.py > Tests/Oracles/adam.json`.
"""

import json

import torch

torch.manual_seed(0)
start = torch.randn(12)
gradients = [torch.randn(12) * 10.0 ** -(i % 4) for i in range(20)]
rates = [1e-2 * (1 - i / 20) ** 0.3 for i in range(20)]

weights = torch.nn.Parameter(start.clone())
optimizer = torch.optim.Adam([weights], betas=(0.9, 0.999), eps=1e-8)
history = []
for gradient, rate in zip(gradients, rates):
    optimizer.param_groups[0]["lr"] = rate
    weights.grad = gradient.clone()
    optimizer.step()
    history.append(weights.detach().tolist())

print(json.dumps({
    "torch": torch.__version__.split("+")[0], "start": start.tolist(), "rates": rates,
    "gradients": [g.tolist() for g in gradients], "weights": history,
}))
