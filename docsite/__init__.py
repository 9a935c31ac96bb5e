"""What the build of the documents makes: pictures of diagrams, configuration keys, test cases."""
