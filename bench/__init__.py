"""The benchmarks: what is promised, measured beside what others do. `python -m bench` runs them."""
