"""Rules and settings of this computer that packets meet."""
