# SPDX-License-Identifier: GPL-2.0-or-later
"""Flightbase for Slurm in Python. flightbase.torch is the binding of PyTorch to libflightbase-coll."""
