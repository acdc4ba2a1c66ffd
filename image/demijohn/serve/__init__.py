"""`demijohn serve`, `release` and `worker`: boot, Nginx's configuration, release, supervision."""
