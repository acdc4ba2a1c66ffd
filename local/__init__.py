"""What a laptop and the tests need and the image does not: Postgres, Nginx, Node and `make run`."""
