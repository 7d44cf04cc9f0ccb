"""Outputs of ONNX Runtime for networks that the tests have exported.

Run the tests `ONNXTests` with ACUITY_RECORD=1 set, which writes `Tests/Oracles/onnx/*.onnx`, then in the project's folder
`python3 Tests/Oracles/onnx.py > Tests/Oracles/onnx.json`.
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

sys.path.append(str(here))
from portable import numbers

cases = []
for path in sorted((here / "onnx").glob("*.onnx")):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [entry.version for entry in model.opset_import] == [17]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    channels = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    # One whose layers all keep the size has nothing to grow or crop.
    grows = {"Pad", "Slice", "Shape"} & {node.op_type for node in model.graph.node}
    assert bool(grows) == (path.stem != "plain"), grows
    for height, width in [(24, 48), (1, 1), (5, 200), (37, 53)]:
        values = (numbers("input 1", height * width * channels) + 1) / 2
        image = values.numpy().reshape(1, height, width, channels).transpose(0, 3, 1, 2).astype(np.float32)
        sharp, = session.run(["sharp"], {"blurred": image})
        assert sharp.shape == image.shape, sharp.shape
        # A batch of two gives each its own.
        both, = session.run(["sharp"], {"blurred": np.concatenate([image[:, :, ::-1], image])})
        assert np.abs(both[1:] - sharp).max() < 1e-5
        cases.append({
            "name": path.stem, "channels": channels, "height": height, "width": width,
            "output": [float(f"{value:.6f}") for value in sharp.flatten()],
        })
print(json.dumps(cases))
