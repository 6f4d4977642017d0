/* One table of our own: pattern, what it matches, why, whose it is. The site's rules come after it. */
#include "watcher/ignore.h"

#include <fnmatch.h>
#include <stddef.h>

#include "base/own.h"
#include "domain/ignore_rule.h"

static const struct {
	const char *pattern;
	bool directory;
	enum ignored why;
} side_files[] = {
    {".classd", true, IGNORED_SIDE_FILE},	    /* the sealer's own: temporaries and kept versions */
    {".~lock.*#", false, IGNORED_SIDE_FILE},	    /* LibreOffice: who has it open */
    {".~*", false, IGNORED_WHILE_NEW},		    /* LibreOffice, KOffice and ours: temporaries */
    {"~$*", false, IGNORED_SIDE_FILE},		    /* Microsoft Office: owner file */
    {"~WR[DLA]*.tmp", false, IGNORED_WHILE_NEW},    /* Microsoft Word: temporaries */
    {"lu[0-9a-z]*.tmp", false, IGNORED_WHILE_NEW},  /* LibreOffice: temporary beside the document */
    {"*.sw[a-z]", false, IGNORED_WHILE_NEW},	    /* vim: swap */
    {"4913", false, IGNORED_SIDE_FILE},		    /* vim: can I write here? */
    {"*~", false, IGNORED_WHILE_NEW},		    /* Emacs, vim, gedit: backup */
    {".#*", false, IGNORED_SIDE_FILE},		    /* Emacs: lock */
    {"#*#", false, IGNORED_WHILE_NEW},		    /* Emacs: autosave */
    {".goutputstream-*", false, IGNORED_WHILE_NEW}, /* GLib: save by rename */
    {".*.kate-swp", false, IGNORED_WHILE_NEW},	    /* Kate: swap */
    {"*.part", false, IGNORED_WHILE_NEW},	    /* browsers: still being fetched */
    {"*.crdownload", false, IGNORED_WHILE_NEW},
    {".nfs[0-9a-f]*", false, IGNORED_SIDE_FILE}, /* NFS: deleted while open */
    {"*.trashinfo", false, IGNORED_SIDE_FILE},	 /* what a desktop threw away: the name it had and the day, no text */
    {".~tmp~", true, IGNORED_SIDE_FILE}, /* rsync --delay-updates: finished, but not yet in place */
};

static enum ignored side_file(const char *name, bool is_dir)
{
	for (size_t i = 0; i < array_n(side_files); i++)
		if (side_files[i].directory == is_dir && fnmatch(side_files[i].pattern, name, FNM_NOESCAPE) == 0)
			return side_files[i].why;
	return IGNORED_NOT;
}

enum ignored ignore_name(const struct ignore_rules *site, const char *name, bool is_dir)
{
	enum ignored why = side_file(name, is_dir);

	for (size_t i = 0; i < site->n && why != IGNORED_SIDE_FILE; i++)
		if (ignore_rule_matches(site->at[i], name, is_dir))
			return IGNORED_BY_SITE;
	return why;
}
