"""Writing reference values."""
import json
import struct

import numpy as np

TYPES = {"float64": "F64", "int32": "I32"}


def write(path, tensors):
    """A safetensors file of NumPy arrays by name, in float64 or int32; int64 becomes int32."""
    header, payload = {}, b""
    for name, value in tensors.items():
        array = np.ascontiguousarray(value)  # of one axis at least
        if array.dtype == np.int64:
            array = array.astype(np.int32)
        header[name] = {"dtype": TYPES[array.dtype.name], "shape": list(value.shape),
                        "data_offsets": [len(payload), len(payload) + array.nbytes]}
        payload += array.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + payload)
