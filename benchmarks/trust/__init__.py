"""How far an alarm can be believed: false alerts and power of our rule and of others, on the same simulated months."""
