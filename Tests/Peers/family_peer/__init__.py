"""Tiny random models of the families, and what transformers, PEFT and PyTorch make of them."""
