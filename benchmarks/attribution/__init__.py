"""What Kernel SHAP costs at equal error, ours and the package shap's, on the same model."""
