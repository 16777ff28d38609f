//! Disclosure control: protected cubes, and the attacker that tries to undo them.
