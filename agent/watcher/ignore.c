/* One table: pattern, what it matches, whose it is. */
#include "watcher/ignore.h"

#include <fnmatch.h>
#include <stddef.h>

#include "base/own.h"

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

bool ignore_name(const char *name, bool is_dir)
{
	for (size_t i = 0; i < array_n(side_files); i++)
		if (side_files[i].directory == is_dir && fnmatch(side_files[i].pattern, name, FNM_NOESCAPE) == 0)
			return true;
	return false;
}
