import pytest

from core.crypto import CryptoError, Keyring, new_master_key, open_sealed, seal, wrapped_by


def test_a_sealed_value_opens_with_its_key_and_associated_data() -> None:
    key, _ = Keyring.from_env(new_master_key()).new_data_key()
    sealed = seal(key, b"token", b"srv_1:env")
    assert b"token" not in sealed
    assert open_sealed(key, sealed, b"srv_1:env") == b"token"


def test_a_sealed_value_does_not_open_elsewhere() -> None:
    ring = Keyring.from_env(new_master_key())
    key, _ = ring.new_data_key()
    other, _ = ring.new_data_key()
    sealed = seal(key, b"token", b"srv_1:env")
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for data_key, value, aad in [
        (other, sealed, b"srv_1:env"),
        (key, sealed, b"srv_2:env"),
        (key, flipped, b"srv_1:env"),
    ]:
        with pytest.raises(CryptoError):
            open_sealed(data_key, value, aad)
    for junk in (b"", b"s1", b"xx" + sealed[2:]):
        with pytest.raises(CryptoError):
            open_sealed(key, junk, b"srv_1:env")


def test_two_seals_of_one_value_differ() -> None:
    key, _ = Keyring.from_env(new_master_key()).new_data_key()
    assert seal(key, b"token", b"") != seal(key, b"token", b"")


def test_a_wrapped_data_key_opens_after_the_master_key_was_rotated() -> None:
    old, new = new_master_key(), new_master_key()
    plain, wrapped = Keyring.from_env(old).new_data_key()
    both = Keyring.from_env(f"{new},{old}")
    assert both.unwrap(wrapped) == plain
    again = both.rewrap(wrapped)
    assert wrapped_by(again) == both.current_id != wrapped_by(wrapped)
    assert Keyring.from_env(new).unwrap(again) == plain
    assert both.rewrap(again) == again
    with pytest.raises(CryptoError, match="not configured"):
        Keyring.from_env(new).unwrap(wrapped)


def test_a_changed_wrapped_key_is_refused() -> None:
    ring = Keyring.from_env(new_master_key())
    _, wrapped = ring.new_data_key()
    with pytest.raises(CryptoError, match="changed"):
        ring.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    for junk in (b"", b"junk", wrapped[:12]):
        with pytest.raises(CryptoError):
            ring.unwrap(junk)


def test_the_keyed_hash_depends_on_the_key_and_survives_rotation() -> None:
    old, new = new_master_key(), new_master_key()
    ring = Keyring.from_env(old)
    stored = ring.keyed_hash("xr_abc")
    assert len(stored) == 32
    assert ring.same_hash("xr_abc", stored)
    assert not ring.same_hash("xr_abd", stored)
    assert Keyring.from_env(f"{new},{old}").same_hash("xr_abc", stored)
    assert not Keyring.from_env(new).same_hash("xr_abc", stored)


@pytest.mark.parametrize("text", ["", " , ", "short", "!" * 43, "A" * 22])
def test_a_bad_master_key_fails_loudly(text: str) -> None:
    with pytest.raises(ValueError, match="master key"):
        Keyring.from_env(text)


def test_the_keyring_seals_and_opens_too() -> None:
    ring = Keyring.from_env(new_master_key())
    key, _ = ring.new_data_key()
    assert ring.open_sealed(key, ring.seal(key, b"token", b"aad"), b"aad") == b"token"
