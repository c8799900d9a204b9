"""`python -m chatsvc` is the same as `chatsvc`."""

from chatsvc.cli import main

if __name__ == "__main__":
    main()
