"""What GitHub is told: one comment on a pull request, one issue about drift."""
