/* One table of our own: pattern, what it matches, whose it is. The site's rules come after it. */
#include "watcher/ignore.h"

#include <fnmatch.h>
#include <stddef.h>

#include "base/own.h"
#include "domain/ignore_rule.h"

static const struct {
	const char *pattern;
	bool directory;
} side_files[] = {
    {".classd", true},		 /* the sealer's own: temporaries and kept versions */
    {".~lock.*#", false},	 /* LibreOffice: who has it open */
    {".~*", false},		 /* LibreOffice, KOffice and ours: temporaries */
    {"~$*", false},		 /* Microsoft Office: owner file */
    {"~WR[DLA]*.tmp", false},	 /* Microsoft Word: temporaries */
    {"lu[0-9a-z]*.tmp", false},	 /* LibreOffice: temporary beside the document */
    {"*.sw[a-z]", false},	 /* vim: swap */
    {"4913", false},		 /* vim: can I write here? */
    {"*~", false},		 /* Emacs, vim, gedit: backup */
    {".#*", false},		 /* Emacs: lock */
    {"#*#", false},		 /* Emacs: autosave */
    {".goutputstream-*", false}, /* GLib: save by rename */
    {".*.kate-swp", false},	 /* Kate: swap */
    {"*.part", false},		 /* browsers: still being fetched */
    {"*.crdownload", false},
    {".nfs[0-9a-f]*", false}, /* NFS: deleted while open */
    {".Trash-[0-9]*", true},
    {".~tmp~", true}, /* rsync --delay-updates: finished, but not yet in place */
};

enum ignored ignore_name(const struct ignore_rules *site, const char *name, bool is_dir)
{
	for (size_t i = 0; i < array_n(side_files); i++)
		if (side_files[i].directory == is_dir && fnmatch(side_files[i].pattern, name, FNM_NOESCAPE) == 0)
			return IGNORED_SIDE_FILE;
	for (size_t i = 0; i < site->n; i++)
		if (ignore_rule_matches(site->at[i], name, is_dir))
			return IGNORED_BY_SITE;
	return IGNORED_NOT;
}
