"""Write networks for other runtimes, each proved equal to the PyTorch one."""
