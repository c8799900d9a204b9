"""`python -m tests.fuzz.run TARGET [--plant] [options of libFuzzer]`: runs one target, guided by coverage.

Ends with 0 when all runs went well; with another code when one failed, its bytes printed.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["chatsvc.domain", "chatsvc.web.protocol", "chatsvc.web.frames"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz the target that the command line names."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]
    if "--plant" in options:
        options.remove("--plant")
        target.plant()
    with tempfile.TemporaryDirectory() as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, seed in enumerate(target.seeds):
            (corpus / str(number)).write_bytes(seed)
        words.write_text("".join(f'"{word}"\n' for word in target.words), encoding="utf-8")
        arguments = [
            "fuzz",
            f"-dict={words}",
            f"-artifact_prefix={folder}/",
            "-max_len=512",
            *options,
            str(corpus),
        ]
        atheris.Setup(arguments, target.run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
