"""`python -m app` is `touchline`."""

from app.cli import main

if __name__ == "__main__":
    main()
