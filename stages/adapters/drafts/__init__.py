"""How sources make their draft tables (domain/contract.py says what a draft is)."""
