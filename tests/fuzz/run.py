"""`python -m tests.fuzz.run TARGET [--plant] [options of libFuzzer]`: runs one target, guided by coverage.

Ends with 0 when all runs went well; with another code when one failed, its bytes printed. At the end it says what
became of the bytes, so that a run which only ever saw refusals is not taken for one that looked at the parser.
"""

import sys
import tempfile
from collections import Counter
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
    wanted = next((int(option[6:]) for option in options if option.startswith("-runs=")), 0)
    outcomes: Counter[str] = Counter()

    def run(shown: bytes) -> None:
        outcomes[target.run(shown)] += 1
        if outcomes.total() == wanted:  # libFuzzer ends the process without a word to Python
            sys.stderr.write(f"outcomes: {dict(sorted(outcomes.items()))}\n")

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
        atheris.Setup(arguments, run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
