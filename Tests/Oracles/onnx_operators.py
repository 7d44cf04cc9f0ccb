"""Outputs of ONNX Runtime for every operator, each in a network of its own that the tests have exported.

Run the tests `OperatorExportTests` with ACUITY_RECORD=1 set, which writes `Tests/Oracles/onnx_operators/*.onnx`, then in the
project's folder `python3 Tests/Oracles/onnx_operators.py > Tests/Oracles/onnx_operators.json`.
"""

import json
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
# The packages have this script's folder's names.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != here]

import numpy as np
import onnx
import onnxruntime

height, width, channels = 6, 12, 3
values = [(index * 37 % 101 - 50) / 32 for index in range(height * width * channels)]
image = np.array(values, np.float32).reshape(1, height, width, channels).transpose(0, 3, 1, 2)
outputs = {}
for path in sorted((here / "onnx_operators").glob("*.onnx")):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    sharp, = session.run(["sharp"], {"blurred": image})
    assert sharp.shape[2:] == image.shape[2:], sharp.shape
    outputs[path.stem] = [float(f"{value:.6f}") for value in sharp.flatten()]
print(json.dumps(outputs))
