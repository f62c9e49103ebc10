"""Keeps what nobody shall read: ciphertext under keys that rotate, hashed passwords and tokens.

    keys = Keyring.from_environ()
    users.set_phone(conn, id=1, phone=keys.encrypt("13800000000"))

Ciphertext is Fernet's. Its keys come from SQLWRIGHT_SECRET_KEYS, the newest first and commas
between, or from the file that SQLWRIGHT_SECRET_KEYS_FILE names, a key on each line. The newest
encrypts, any of them decrypts. To rotate, put a key that `new_key` made in front, `rotate` what is
stored, then take the oldest away.

Passwords are hashed by Argon2id; the bcrypt hashes of older systems still verify, and are to be
replaced then. Tokens are drawn at random, given away once, and stored as SHA-256.

No key, password or plain text is ever in a `repr` or an error. Wants `sqlwright[secrets]`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlwright.config import load_project
from sqlwright.errors import SecretError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = [
    "Keyring",
    "Verified",
    "hash_password",
    "hash_token",
    "new_key",
    "new_token",
    "verify_password",
]

_KEYS, _KEYS_FILE = "SQLWRIGHT_SECRET_KEYS", "SQLWRIGHT_SECRET_KEYS_FILE"
_CIPHERTEXT = re.compile(r"gAAAAA[\w-]{92,}={0,2}", re.ASCII)  # as common.is_ciphertext has it
_BCRYPT = re.compile(r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}")
_BCRYPT_BYTES = 72  # of a password; what stands behind them was never part of its hash
_TOKEN_BYTES = 32
_NEW_KEY = "sqlwright.secrets.new_key()"


class Keyring:
    """Encrypts with its first key, and decrypts with whichever fits."""

    def __init__(self, keys: Iterable[str], *, source: str = "keys") -> None:
        """The newest key comes first; `source` is where they are from, for errors.

        Raises:
            SecretError: there is no key, or one is none.
        """
        made = [_fernet(key, number, source) for number, key in enumerate(keys, start=1)]
        if not made:
            raise SecretError(f"{source} holds no key.", hint=f"Make one with {_NEW_KEY}.")
        self._count = len(made)
        self._newest = made[0]
        self._fernet = _module("cryptography.fernet").MultiFernet(made)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The keys that these variables name, else the project's environment and `.env`.

        Raises:
            SecretError: none or both of the variables are set, or a key is none.
        """
        found = load_project().environ if environ is None else environ
        written, file = found.get(_KEYS, "").strip(), found.get(_KEYS_FILE, "").strip()
        if bool(written) == bool(file):
            which = "Both" if file else "Neither"
            raise SecretError(
                f"{which} of {_KEYS} and {_KEYS_FILE} {'are' if file else 'is'} set.",
                hint=f"Set one of them; {_NEW_KEY} makes a key.",
            )
        text, source = (_read(Path(file)), file) if file else (written, _KEYS)
        return cls([key for key in re.split(r"[,\s]+", text) if key], source=source)

    def __repr__(self) -> str:
        return f"<Keyring of {self._count}>"

    def encrypt(self, text: str) -> str:
        """The text as ciphertext, which differs each time."""
        return str(self._fernet.encrypt(_encoded(text)).decode())

    def decrypt(self, ciphertext: str) -> str:
        """The text again.

        Raises:
            SecretError: it is no ciphertext, no key fits, or it was changed.
        """
        return self._opened(self._fernet.decrypt, ciphertext)

    def rotate(self, ciphertext: str) -> str:
        """The same text under the newest key.

        Raises:
            SecretError: it is no ciphertext, no key fits, or it was changed.
        """
        return self._opened(self._fernet.rotate, ciphertext)

    def is_current(self, ciphertext: str) -> bool:
        """Whether the newest key made it: what is not is for `rotate`.

        Raises:
            SecretError: it is no ciphertext, no key fits, or it was changed.
        """
        self.decrypt(ciphertext)
        try:
            self._newest.decrypt(ciphertext.encode())
        except _module("cryptography.fernet").InvalidToken:
            return False
        return True

    def _opened(self, opening: Callable[[bytes], bytes], ciphertext: str) -> str:
        if not _CIPHERTEXT.fullmatch(ciphertext):
            raise SecretError(
                "What is to be decrypted is no ciphertext.",
                hint="Encrypt before storing, and read the column that holds the ciphertext.",
            )
        try:
            return opening(ciphertext.encode()).decode()
        except UnicodeDecodeError:  # which holds what was encrypted
            raise SecretError(
                "What the ciphertext holds is no text.", hint="Open it with what encrypted it."
            ) from None
        except _module("cryptography.fernet").InvalidToken:
            raise SecretError(
                f"The ciphertext can't be decrypted with {_counted(self._count)}.",
                hint="Put the key that made it behind the newest one; if it is there, the"
                " ciphertext was changed.",
            ) from None


def new_key() -> str:
    """A key for a `Keyring`."""
    return str(_module("cryptography.fernet").Fernet.generate_key().decode())


def _fernet(key: str, number: int, source: str) -> Any:
    try:
        return _module("cryptography.fernet").Fernet(key)
    except ValueError:
        raise SecretError(
            f"Key {number} of {source} is not 32 bytes in URL-safe base64.",
            hint=f"Mend it, or make one with {_NEW_KEY}.",
        ) from None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except OSError as error:
        hint = f"Check the file that {_KEYS_FILE} names, and its permissions."
        raise SecretError(f"{file} can't be read: {error.strerror}.", hint=hint) from None
    except UnicodeDecodeError:
        raise SecretError(f"{file} holds no keys: they are ASCII.", hint="Mend the file.") from None


def _counted(keys: int) -> str:
    return "the only key" if keys == 1 else f"any of the {keys} keys"


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # which holds the text
        raise SecretError("The text holds half a character.", hint="Send whole ones.") from None


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password is right, and whether its hash is to be replaced by a new one."""

    right: bool
    outdated: bool = False

    def __bool__(self) -> bool:
        """Whether it is right: `if verify_password(…)` must not let everybody in."""
        return self.right


def hash_password(password: str) -> str:
    """The password's Argon2id hash, which differs each time."""
    return _hasher().hash(_encoded(password))


def verify_password(stored: str | None, password: str) -> Verified:
    """Whether it is the password of the stored hash.

    Without a hash, since nobody has that name, it is wrong and takes as long: the time tells no
    stranger which names there are.

    Raises:
        SecretError: the hash is neither Argon2id nor bcrypt.
    """
    given = password.encode(errors="surrogatepass")
    if stored is None:
        _verify_argon2(_nobody(), given)
        return Verified(right=False)
    verify = _verify_bcrypt if _BCRYPT.fullmatch(stored) else _verify_argon2
    return verify(stored, given)


def _verify_argon2(stored: str, given: bytes) -> Verified:
    errors = _module("argon2.exceptions")
    try:
        _hasher().verify(stored, given)
    except errors.VerifyMismatchError:
        return Verified(right=False)
    except (errors.InvalidHashError, errors.VerificationError):
        raise _unknown_hash() from None
    return Verified(right=True, outdated=_hasher().check_needs_rehash(stored))


def _verify_bcrypt(stored: str, given: bytes) -> Verified:
    try:
        right = _module("bcrypt").checkpw(given[:_BCRYPT_BYTES], stored.encode())
    except ValueError:
        raise _unknown_hash() from None
    return Verified(right=right, outdated=right)


def _unknown_hash() -> SecretError:
    what = "The stored hash is neither of Argon2 nor of bcrypt."
    return SecretError(what, hint="Have the password set anew.")


@cache
def _hasher() -> PasswordHasher:
    """Argon2id as RFC 9106 recommends it: 64 MiB, three passes, four lanes."""
    hasher: PasswordHasher = _module("argon2").PasswordHasher()
    return hasher


@cache
def _nobody() -> str:
    return hash_password(new_token())


def new_token() -> str:
    """256 random bits as 43 characters that fit into a URL: give it away, store its hash."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> str:
    """What is stored of a token, and looked up: its SHA-256 in hexadecimal.

    A token is as random as a key, so that a slow hash would win nothing.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _module(name: str) -> Any:
    """A module of the extra, imported when it is first wanted."""
    try:
        return import_module(name)
    except ImportError:
        what = f"{name.partition('.')[0]} is not installed."
        raise SecretError(what, hint="Run pip install 'sqlwright[secrets]'.") from None
