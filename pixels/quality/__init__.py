"""Image quality against an original: PSNR, SSIM and SSIMULACRA2."""
