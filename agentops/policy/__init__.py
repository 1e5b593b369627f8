"""What a reviewer should be told: rules about what files ask for, and the risks of what changes."""
