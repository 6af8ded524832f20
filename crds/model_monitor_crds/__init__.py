"""The API of Model Monitor Operator: its resources and the pure rules both sides share."""
