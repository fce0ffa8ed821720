"""What a version is looked through for before people see it. Free of models, except for what it is compared with."""
