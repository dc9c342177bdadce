"""`python -m dicommap` is `dicommap`."""

from dicommap.cli.app import main

if __name__ == "__main__":
    main()
