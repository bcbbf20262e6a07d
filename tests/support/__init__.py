"""What tests and benchmarks are made of: the app, its visitors, browsers and odd files."""
