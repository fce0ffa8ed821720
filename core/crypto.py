"""Encryption at rest and keyed hashes, without Django.

A workspace has one data key (AES-256-GCM), stored wrapped by a master key. Master keys have ids, so that they rotate:
the first one given wraps, all of them unwrap. Sealed bytes carry no key id of their own: they belong to a data key.

    wrapped data key   b"w1" key_id(8) nonce(12) ciphertext+tag(48)
    sealed value       b"s1" nonce(12) ciphertext+tag
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 8
_WRAP = b"w1"
_SEAL = b"s1"


class CryptoError(Exception):
    """A value that cannot be opened: another key, other associated data, or changed bytes."""


def new_master_key() -> str:
    """A fresh master key as text for the environment (43 characters of URL-safe base64)."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).rstrip(b"=").decode()


def seal(data_key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt under a data key. `aad` says what the value is (a row's id and field), so that it cannot be moved."""
    nonce = os.urandom(_NONCE_BYTES)
    return _SEAL + nonce + AESGCM(data_key).encrypt(nonce, plaintext, _SEAL + aad)


def open_sealed(data_key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Decrypt what `seal` made with the same key and `aad`. Raises CryptoError."""
    if sealed[:2] != _SEAL:
        raise CryptoError("not a sealed value")
    try:
        return AESGCM(data_key).decrypt(sealed[2:14], sealed[14:], _SEAL + aad)
    except (InvalidTag, ValueError):
        raise CryptoError("the sealed value does not open with this key") from None


class Keyring:
    """The master keys of this installation. The first wraps new data keys, every one opens old ones."""

    def __init__(self, masters: Mapping[bytes, bytes], current: bytes, *, hash_key: bytes) -> None:
        """`masters`: key id (8 bytes) -> 32 bytes; `current`: the id that wraps; `hash_key`: for `keyed_hash`."""
        self._masters = {key_id: AESGCM(key) for key_id, key in masters.items()}
        self._current = current
        self._hash_key = hash_key

    @classmethod
    def from_env(cls, master_key: str) -> Keyring:
        """Read `KEY[,OLDER_KEY...]`: URL-safe base64 of 32 bytes each, the newest first. Raises ValueError.

        `keyed_hash` is bound to the LAST (oldest) key, so that adding a new first one keeps every API key valid.
        """
        keys = [_decode_master(text.strip()) for text in master_key.split(",") if text.strip()]
        if not keys:
            raise ValueError("the master key is empty")
        masters = {_key_id(key): key for key in keys}
        return cls(masters, _key_id(keys[0]), hash_key=_derive(keys[-1], b"crossroads/keyed-hash"))

    seal = staticmethod(seal)
    open_sealed = staticmethod(open_sealed)

    @property
    def current_id(self) -> str:
        """The id of the master key that wraps now; `wrapped_by` tells the id of a wrapped key."""
        return self._current.hex()

    def new_data_key(self) -> tuple[bytes, bytes]:
        """A fresh data key: (plain 32 bytes, wrapped bytes to store)."""
        plain = os.urandom(KEY_BYTES)
        return plain, self.wrap(plain)

    def wrap(self, plain: bytes) -> bytes:
        """Wrap a data key with the current master key."""
        nonce = os.urandom(_NONCE_BYTES)
        head = _WRAP + self._current
        return head + nonce + self._masters[self._current].encrypt(nonce, plain, head)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The plain data key. Raises CryptoError when its master key is not here or the bytes were changed."""
        head, nonce, body = wrapped[:10], wrapped[10:22], wrapped[22:]
        if head[:2] != _WRAP:
            raise CryptoError("not a wrapped data key")
        master = self._masters.get(head[2:])
        if master is None:
            raise CryptoError(f"the master key {head[2:].hex()} is not configured")
        try:
            return master.decrypt(nonce, body, head)
        except (InvalidTag, ValueError):
            raise CryptoError("the wrapped data key was changed") from None

    def rewrap(self, wrapped: bytes) -> bytes:
        """The same data key under the current master key; the same bytes when it is already."""
        return wrapped if wrapped_by(wrapped) == self.current_id else self.wrap(self.unwrap(wrapped))

    def keyed_hash(self, token: str) -> bytes:
        """32 bytes that stand for a high-entropy token (an API key) in the database."""
        return hashlib.blake2b(token.encode(), digest_size=32, key=self._hash_key).digest()

    def same_hash(self, token: str, stored: bytes) -> bool:
        """Does `token` hash to `stored`? In constant time."""
        return hmac.compare_digest(self.keyed_hash(token), stored)


def wrapped_by(wrapped: bytes) -> str:
    """The id of the master key that wrapped a data key."""
    return wrapped[2:10].hex()


def _decode_master(text: str) -> bytes:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a master key must be URL-safe base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"a master key must hold {KEY_BYTES} bytes, this one holds {len(key)}")
    return key


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()


def _key_id(key: bytes) -> bytes:
    return _derive(key, b"crossroads/key-id")[:_ID_BYTES]
