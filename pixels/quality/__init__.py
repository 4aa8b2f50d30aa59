"""How good a picture is: PSNR, SSIM, SSIMULACRA2."""
