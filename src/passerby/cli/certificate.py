"""A certificate for development: a small CA of our own and a leaf that it signs, kept beside the data."""

from __future__ import annotations

import os
from pathlib import Path

import trustme


def development(directory: Path, host: str) -> tuple[str, str, Path]:
    """Key file, certificate file and CA file; made once, and then found again."""
    key, chain, authority = directory / "key.pem", directory / "cert.pem", directory / "ca.pem"
    if not (key.exists() and chain.exists() and authority.exists()):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca = trustme.CA(organization_name="Passerby development")
        names = dict.fromkeys(["localhost", "127.0.0.1", "::1", *([host] if host not in ("0.0.0.0", "::") else [])])
        leaf = ca.issue_cert(*names)
        key.touch(mode=0o600)
        leaf.private_key_pem.write_to_path(str(key))
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        ca.cert_pem.write_to_path(str(authority))
        os.chmod(key, 0o600)
    return str(key), str(chain), authority
