"""Files of the safetensors library, and a check that it reads ours.

Run `python3 Tests/Oracles/safetensors.py` in the project's folder: it writes `Tests/Oracles/safetensors/*.safetensors` and
`Tests/Oracles/safetensors.json`. `ours.safetensors` holds the bytes that our writer is held to, and the library reads them.
"""

import json
import sys
from pathlib import Path

# The library has this script's name.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

folder = Path("Tests/Oracles/safetensors")
folder.mkdir(exist_ok=True)
torch.manual_seed(0)

tensors = {
    "single": torch.randn(2, 3),
    "double": torch.randn(4, dtype=torch.float64),
    "half": torch.tensor([1.0, -2.5, 6.1e-5, 5.96e-8, 65504.0, 0.1], dtype=torch.float16),
    "bfloat": torch.tensor([1.0, -2.5, 1e-30, 3e38, 0.1], dtype=torch.bfloat16),
    "whole": torch.arange(3),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 3),
    "naïve \"name\"\n": torch.ones(1),
}
save_file(tensors, folder / "types.safetensors", metadata={"by": "the library", "ü": "\\ \" \n ×"})
print_values = {
    name: tensor.to(torch.float32).flatten().tolist() for name, tensor in tensors.items() if name != "whole"
}
with open("Tests/Oracles/safetensors.json", "w") as file:
    json.dump({"values": print_values, "shapes": {n: list(t.shape) for n, t in tensors.items()}}, file, indent=1)
    file.write("\n")

# What our writer makes of three tensors, by the format's description: names in order, the header padded to eight bytes.
header = json.dumps({
    "__metadata__": {"a": "1", "ü": "\"quoted\"\n"},
    "b.weight": {"data_offsets": [0, 12], "dtype": "F32", "shape": [3]},
    "none": {"data_offsets": [84, 84], "dtype": "F32", "shape": [0, 4]},
    "transform[encoder,2].conv1.weight": {"data_offsets": [12, 84], "dtype": "F32", "shape": [2, 1, 3, 3]},
}, ensure_ascii=False, separators=(",", ":")).encode()
header += b" " * (-len(header) % 8)
values = np.concatenate([np.float32([1, 2, 3]), np.arange(18, dtype=np.float32) / 8])
ours = folder / "ours.safetensors"
ours.write_bytes(len(header).to_bytes(8, "little") + header + values.astype("<f4").tobytes())
with safe_open(ours, framework="np") as file:
    assert file.metadata() == {"a": "1", "ü": "\"quoted\"\n"}, file.metadata()
    assert set(file.keys()) == {"b.weight", "transform[encoder,2].conv1.weight", "none"}
    assert (file.get_tensor("b.weight") == values[:3]).all()
    weight = file.get_tensor("transform[encoder,2].conv1.weight")
    assert weight.shape == (2, 1, 3, 3) and (weight.flatten() == values[3:]).all()
    assert file.get_tensor("none").shape == (0, 4)
print("the library reads ours.safetensors as it was meant")
