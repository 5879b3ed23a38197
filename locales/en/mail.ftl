mail-or-copy = Or copy this address into your browser:
