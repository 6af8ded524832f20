"""What labels cost: reading captured records with their ids, reading labels, and joining them."""
