"""How the bundled weights are made: conversions and trainings, each a command."""
