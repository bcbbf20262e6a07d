"""Networks, one a file, built of torch alone."""
