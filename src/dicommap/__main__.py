"""`python -m dicommap` is `dicommap`."""

from dicommap.cli.main import main

if __name__ == "__main__":
    main()
