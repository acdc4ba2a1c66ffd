"""`demijohn serve` and `demijohn release`: the boot, the front door, the supervision."""
