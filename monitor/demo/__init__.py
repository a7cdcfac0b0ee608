"""A university to try the program on: invented, bundled, served over real HTTP on this machine."""
