"""Ciphertext, passwords and tokens: they open for whom they should, and show nothing."""

import base64
import subprocess
import sys

import bcrypt
import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlwright.errors import SecretError
from sqlwright.secrets import (
    Keyring,
    Verified,
    hash_password,
    hash_token,
    new_key,
    new_token,
    verify_password,
)

OLD, NEW, OTHER = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
PHONE = "13800000000"
SET_ONE = "Set one of them; sqlwright.secrets.new_key() makes a key."
MEND = "Mend it, or make one with sqlwright.secrets.new_key()."
PUT_BACK = (
    "Put the key that made it behind the newest one; if it is there, the ciphertext was changed."
)
NO_CIPHERTEXT = "What is to be decrypted is no ciphertext."
ENCRYPT = "Encrypt before storing, and read the column that holds the ciphertext."
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
BCRYPT = "$2b$04$UBuDxR4mQ.hNSlR.iIF4u.mhIDiO71EdvpzO609.i7WaPdq7AxHBm"  # of 密码 s3cret


def _refusal(call, *arguments, **options):
    with pytest.raises(SecretError) as caught:
        call(*arguments, **options)
    assert caught.value.__cause__ is None
    return caught.value.message, caught.value.hint


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_a_text_comes_back(text):
    """Whatever the text is, it comes back."""
    keys = Keyring([OLD])
    assert keys.decrypt(keys.encrypt(text)) == text


def test_ciphertext_differs_each_time():
    """Nobody can tell from ciphertext that two texts are the same."""
    keys = Keyring([OLD])
    assert keys.encrypt(PHONE) != keys.encrypt(PHONE)


def test_older_keys_decrypt():
    """What an older key encrypted is still read."""
    assert Keyring([NEW, OLD]).decrypt(Keyring([OLD]).encrypt(PHONE)) == PHONE


def test_the_newest_key_encrypts():
    """What is encrypted now is read without the older keys."""
    assert Keyring([NEW]).decrypt(Keyring([NEW, OLD]).encrypt(PHONE)) == PHONE


def test_rotated():
    """What was rotated is read without the older keys."""
    old = Keyring([OLD]).encrypt(PHONE)
    assert Keyring([NEW]).decrypt(Keyring([NEW, OLD]).rotate(old)) == PHONE


@pytest.mark.parametrize(("key", "is_current"), [(NEW, True), (OLD, False)])
def test_current_is_what_the_newest_key_made(key, is_current):
    """What an older one made can be read, and is to be rotated."""
    assert Keyring([NEW, OLD]).is_current(Keyring([key]).encrypt(PHONE)) is is_current


def test_a_new_key_is_a_key():
    """A key that was made can be used."""
    assert Keyring([new_key()]).encrypt(PHONE)


@pytest.mark.parametrize("method", ["decrypt", "is_current", "rotate"])
@pytest.mark.parametrize(
    ("keys", "which"), [([NEW], "the only key"), ([NEW, OTHER], "any of the 2 keys")]
)
def test_a_wrong_key(method, keys, which):
    """Ciphertext that no key fits is an error that says what to do."""
    message = f"The ciphertext can't be decrypted with {which}."
    ciphertext = Keyring([OLD]).encrypt(PHONE)
    assert _refusal(getattr(Keyring(keys), method), ciphertext) == (message, PUT_BACK)


def test_changed_ciphertext():
    """Ciphertext with one other character is refused as if the key were wrong."""
    ciphertext = Keyring([OLD]).encrypt(PHONE)
    place = len(ciphertext) // 2
    other = "A" if ciphertext[place] != "A" else "B"
    changed = ciphertext[:place] + other + ciphertext[place + 1 :]
    message = "The ciphertext can't be decrypted with the only key."
    assert _refusal(Keyring([OLD]).decrypt, changed) == (message, PUT_BACK)


@pytest.mark.parametrize("text", ["", PHONE, "gAAAAA", "电话", "gAAAAA" + "é" * 94])
def test_plain_text_is_not_decrypted(text):
    """A text that was never encrypted is refused, and not repeated."""
    assert _refusal(Keyring([OLD]).decrypt, text) == (NO_CIPHERTEXT, ENCRYPT)


def test_half_a_character_is_not_encrypted():
    """A text that UTF-8 can't hold is refused, and not repeated."""
    message = "The text holds half a character."
    assert _refusal(Keyring([OLD]).encrypt, "1380\ud800") == (message, "Send whole ones.")


@pytest.mark.parametrize("written", [f"{NEW},{OLD}", f" {NEW} , {OLD},\n", f"{NEW}\n{OLD}\n"])
def test_keys_from_the_environment(written):
    """Keys are separated by commas or lines, the newest first."""
    keys = Keyring.from_environ({"SQLWRIGHT_SECRET_KEYS": written})
    assert Keyring([NEW]).decrypt(keys.encrypt(PHONE)) == PHONE
    assert keys.decrypt(Keyring([OLD]).encrypt(PHONE)) == PHONE


def test_keys_from_a_file(tmp_path):
    """The keys may be in a file, as containers have them."""
    file = tmp_path / "keys"
    file.write_text(f"{NEW}\n{OLD}\n")
    keys = Keyring.from_environ({"SQLWRIGHT_SECRET_KEYS_FILE": str(file)})
    assert repr(keys) == "<Keyring of 2>"


def test_keys_from_the_project(tmp_path, monkeypatch):
    """Without an environment of the caller's, the project's `.env` counts."""
    (tmp_path / ".env").write_text(f"SQLWRIGHT_SECRET_KEYS={NEW}\n")
    monkeypatch.chdir(tmp_path)
    assert repr(Keyring.from_environ()) == "<Keyring of 1>"


@pytest.mark.parametrize(
    ("environ", "message", "hint"),
    [
        ({}, "Neither of SQLWRIGHT_SECRET_KEYS and SQLWRIGHT_SECRET_KEYS_FILE is set.", SET_ONE),
        (
            {"SQLWRIGHT_SECRET_KEYS": NEW, "SQLWRIGHT_SECRET_KEYS_FILE": "x"},
            "Both of SQLWRIGHT_SECRET_KEYS and SQLWRIGHT_SECRET_KEYS_FILE are set.",
            SET_ONE,
        ),
        (
            {"SQLWRIGHT_SECRET_KEYS": f"{NEW},s3cret"},
            "Key 2 of SQLWRIGHT_SECRET_KEYS is not 32 bytes in URL-safe base64.",
            MEND,
        ),
        (
            {"SQLWRIGHT_SECRET_KEYS": "钥匙"},
            "Key 1 of SQLWRIGHT_SECRET_KEYS is not 32 bytes in URL-safe base64.",
            MEND,
        ),
        (
            {"SQLWRIGHT_SECRET_KEYS": ","},
            "SQLWRIGHT_SECRET_KEYS holds no key.",
            "Make one with sqlwright.secrets.new_key().",
        ),
        (
            {"SQLWRIGHT_SECRET_KEYS_FILE": "/nowhere/keys"},
            "/nowhere/keys can't be read: No such file or directory.",
            "Check the file that SQLWRIGHT_SECRET_KEYS_FILE names, and its permissions.",
        ),
    ],
)
def test_no_keys(environ, message, hint):
    """Keys that are missing or wrong are an error that doesn't repeat them."""
    assert _refusal(Keyring.from_environ, environ) == (message, hint)


def test_a_file_that_holds_no_text(tmp_path):
    """A file of other bytes is an error that doesn't repeat them."""
    file = tmp_path / "keys"
    file.write_bytes(b"\xff\xfe")
    environ = {"SQLWRIGHT_SECRET_KEYS_FILE": str(file)}
    message = f"{file} holds no keys: they are ASCII."
    assert _refusal(Keyring.from_environ, environ) == (message, "Mend the file.")


def test_nothing_is_shown():
    """A keyring's `repr` and attributes print no key."""
    keys = Keyring([NEW, OLD])
    assert repr(keys) == "<Keyring of 2>"
    assert not any(key in str(vars(keys)) for key in (NEW, OLD))


@pytest.mark.parametrize("password", ["", "s3cret", "密码 🔑", "a\0b", "x" * 1000])
def test_a_password(password):
    """The hash of a password verifies it and no other."""
    stored = hash_password(password)
    assert verify_password(stored, password) == Verified(right=True, outdated=False)
    assert verify_password(stored, f"{password}.") == Verified(right=False, outdated=False)


def test_a_hash_of_other_costs_is_outdated():
    """A hash that was made with less memory is right, and to be replaced."""
    weak = PasswordHasher(memory_cost=1024, time_cost=1, parallelism=1).hash("s3cret")
    assert verify_password(weak, "s3cret") == Verified(right=True, outdated=True)
    assert verify_password(weak, "other") == Verified(right=False, outdated=False)


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_bcrypt_is_verified_and_outdated(prefix):
    """A bcrypt hash, of whichever version, is right, and to be replaced."""
    stored = prefix + BCRYPT[4:]
    assert verify_password(stored, "密码 s3cret") == Verified(right=True, outdated=True)
    assert verify_password(stored, "other") == Verified(right=False, outdated=False)


def test_a_long_password_of_bcrypt():
    """bcrypt never read more than 72 bytes: a longer password still verifies."""
    stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert verify_password(stored, "x" * 80).right


@pytest.mark.parametrize(
    "stored", ["", "s3cret", "$2$04$" + BCRYPT[7:], "$2b$99$" + BCRYPT[7:], "$argon2id$v=19$m=1"]
)
def test_an_unknown_hash(stored):
    """What is no hash that is known is an error that doesn't repeat it."""
    message = "The stored hash is neither of Argon2 nor of bcrypt."
    assert _refusal(verify_password, stored, "x") == (message, "Have the password set anew.")


def test_nobody_has_no_password():
    """Without a hash every password is wrong."""
    assert not verify_password(None, "s3cret")


def test_half_a_character_is_no_password():
    """What no password can hold is wrong, and can't be set."""
    assert not verify_password(hash_password("x"), "\ud800")
    message = "The text holds half a character."
    assert _refusal(hash_password, "\ud800") == (message, "Send whole ones.")


@pytest.mark.parametrize("right", [True, False])
def test_verified_is_what_it_says(right):
    """`if verify_password(…)` asks whether the password is right."""
    assert bool(Verified(right=right, outdated=True)) is right


def test_tokens_differ():
    """Each token is another one."""
    assert len({new_token() for _ in range(100)}) == 100


def test_a_token_is_hashed():
    """The hash of a token is its SHA-256."""
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_token("abc") == digest


@pytest.mark.parametrize("token", ["", "\ud800", "令牌\0"])
def test_what_was_never_a_token_has_a_hash(token):
    """What a stranger sends for a token is looked up, and not found."""
    assert len(hash_token(token)) == 64


TAKEN = {
    "ciphertext of nothing": ("is_ciphertext", lambda: Keyring([OLD]).encrypt("")),
    "ciphertext of much": ("is_ciphertext", lambda: Keyring([OLD]).encrypt(PHONE * 50)),
    "rotated ciphertext": (
        "is_ciphertext",
        lambda: Keyring([NEW, OLD]).rotate(Keyring([OLD]).encrypt(PHONE)),
    ),
    "a password's hash": ("is_password_hash", lambda: hash_password("s3cret")),
    "bcrypt's hash": ("is_password_hash", lambda: BCRYPT),
    "a token's hash": ("is_sha256", lambda: hash_token(new_token())),
}
REFUSED = {
    "plain text for ciphertext": ("is_ciphertext", lambda: PHONE),
    "a hash for ciphertext": ("is_ciphertext", lambda: hash_password("s3cret")),
    "a plain password": ("is_password_hash", lambda: "s3cret"),
    "a plain token": ("is_sha256", new_token),
}


@pytest.mark.parametrize(("function", "make"), TAKEN.values(), ids=TAKEN)
def test_the_database_takes_it(db, function, make):
    """What is made here passes the check of the columns that keep it."""
    assert db.execute(f"select common.{function}(%s)", [make()]).fetchone() == (True,)


@pytest.mark.parametrize(("function", "make"), REFUSED.values(), ids=REFUSED)
def test_the_database_refuses_it(db, function, make):
    """Plain text, and one secret in the place of another, pass no check."""
    assert db.execute(f"select common.{function}(%s)", [make()]).fetchone() == (False,)


@pytest.mark.parametrize(
    ("module", "call"),
    [("cryptography", "new_key()"), ("argon2", "hash_password('x')")],
)
def test_without_the_extra(module, call):
    """Without the extra, what needs it says how to install it; the rest works."""
    script = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from sqlwright.errors import SecretError\n"
        "from sqlwright.secrets import *\n"
        "hash_token(new_token())\n"
        f"try: {call}\n"
        "except SecretError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    hint = "Run pip install 'sqlwright[secrets]'."
    assert done.stdout == f"{module} is not installed.\n{hint}\n"
