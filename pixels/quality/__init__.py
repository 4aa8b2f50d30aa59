"""Image quality against an original: PSNR, SSIM, and judges of how alike pictures look."""
