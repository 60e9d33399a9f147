"""Unpacks chosen files of a wheel: unpack_wheel.py WHEEL FOLDER PATTERN..."""

import fnmatch
import os
import sys
import zipfile

wheel, folder, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
with zipfile.ZipFile(wheel) as archive:
    for info in archive.infolist():
        if info.is_dir() or not any(fnmatch.fnmatchcase(info.filename, p) for p in patterns):
            continue
        path = archive.extract(info, folder)  # checks the CRC
        mode = (info.external_attr >> 16) & 0o777
        runnable = 0o111 if mode & 0o100 else 0  # zipfile drops the modes; ptxas must stay executable
        os.chmod(path, mode | 0o644 | runnable)
        print(info.filename)
