"""Write networks for other runtimes, each proved equal to the PyTorch one."""

from plumbing.extras import explain_missing_modules

explain_missing_modules()
