"""What a look at a listing says: pure functions, no database."""
