from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def answer():
    """A text that is encrypted and back, and whether signatures tell what they should."""
    fernet = Fernet(Fernet.generate_key())
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"paid")
    return [
        fernet.decrypt(fernet.encrypt(b"secret")).decode(),
        _fits(key, signature, b"paid"),
        _fits(key, signature, b"p"),
    ]


def _fits(key, signature, text):
    try:
        key.public_key().verify(signature, text)
    except InvalidSignature:
        return False
    return True
