"""Run the command line for `python -m dicommap`."""

from dicommap.cli.main import main

if __name__ == "__main__":
    main()
