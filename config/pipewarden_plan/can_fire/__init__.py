"""Whether each planned alarm can fire, and whether somebody hears of it: one rule, one function."""
