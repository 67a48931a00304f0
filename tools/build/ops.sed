# SPDX-License-Identifier: GPL-2.0-or-later
# sed -n -f ops.sed SLURM/src/interfaces/NAME.c: Slurm's loader fills a table of function pointers by
# name, whatever their types are. This makes a header of the table that the compiler fills and checks.
/^typedef struct slurm_[a-z]*_ops {/,/^}/ {
	p
	/^}/h
}
/^static const char \*syms\[\] = {/,/^};/ {
	/^static/ {
		G
		s/.*\n} \(.*\);/static const \1 loader_table __attribute__((unused)) = {/
	}
	s/"\(plugin_[a-z]*\)"/(void *)\&\1/
	s/"\(supports_[a-z_]*\)"/(void *)\&\1/
	s/"\([a-z_]*\)"/\1/
	p
}
