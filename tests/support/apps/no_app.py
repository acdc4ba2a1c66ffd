"""Attributes that APP_MODULE may name, none of which is a WSGI app."""


def factory(name: str) -> None:
    """A factory with a required argument."""


nothing = None
number = 7
