"""What profiles cost: processor time, wall time and memory, beside floors and other libraries."""
