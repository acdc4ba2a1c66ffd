"""Names an app may be looked for under, none of which is one."""


def factory(name: str) -> None:
    """Wants an argument, which nobody gives."""


nothing = None
number = 7
