"""A listener that accepts and never speaks. Arguments: port."""

import socket

from . import stage


def main() -> None:
    """Accept for ever, keep every connection open."""
    arguments = stage.arguments()
    server = socket.create_server(("", int(arguments["port"])), backlog=64)
    stage.report({"port": arguments["port"]})
    kept = []
    while True:
        kept.append(server.accept())


if __name__ == "__main__":
    main()
