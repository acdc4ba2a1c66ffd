"""Tools for development and tests that are not part of the image: Postgres, Nginx, Node, `make`."""
