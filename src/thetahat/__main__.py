"""The command `thetahat`, as ``python -m thetahat``."""

from thetahat.cli import main

if __name__ == "__main__":
    main()
