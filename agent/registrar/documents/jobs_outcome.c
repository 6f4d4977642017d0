/* What a sealer's outcome means for a job, and how it is said. */
#include "registrar/documents/jobs_private.h"

static const struct {
	const char *name;
	enum sealing shown;
	const char *text;
} outcomes[] = {
    [SEAL_DONE] = {"done", SEALING_SEALED, ""},
    [SEAL_STILL_OPEN] = {"still-open", SEALING_STILL_OPEN, "A program still has the file open for writing."},
    [SEAL_CHANGED] = {"changed", SEALING_WANTED, "The file was changed meanwhile; it is looked at again."},
    [SEAL_GONE] = {"gone", SEALING_WANTED, "The file is gone."},
    [SEAL_REFUSED] = {"refused", SEALING_FAILED, "The file cannot be sealed."},
    [SEAL_NAME_TAKEN] = {"name-taken", SEALING_FAILED, "Another file has the name of the sealed form."},
    [SEAL_NO_SPACE] = {"no-space", SEALING_FAILED, "The disk is full; the plaintext stays."},
    [SEAL_NO_KEY] = {"no-key", SEALING_FAILED, "There is no key for this level, or it was refused."},
    [SEAL_DAMAGED] = {"damaged", SEALING_FAILED, "The sealed file is damaged."},
    [SEAL_FOREIGN] = {"foreign", SEALING_FAILED, "The sealed file is not one of ours."},
    [SEAL_FAILED] = {"failed", SEALING_FAILED, "Sealing failed."},
    [SEAL_LOCKED] = {"locked", SEALING_WANTED, "The keys are locked: classctl unlock."},
    [SEAL_NEWER] = {"newer", SEALING_FAILED, "The sealed file was made by a newer version of this program."},
    [SEAL_WRONG_KEY] = {"wrong-key", SEALING_FAILED, "No key of this machine opens the file."},
    [SEAL_UNREADABLE] = {"unreadable", SEALING_FAILED, "The file cannot be read."},
    [SEAL_READ_ONLY] = {"read-only", SEALING_FAILED, "The file system is read-only; the plaintext stays."},
    [SEAL_DISK] = {"disk", SEALING_FAILED, "The disk did not take it; the plaintext stays."},
};

const char *jobs_outcome_name(uint8_t outcome)
{
	return outcome < array_n(outcomes) && outcomes[outcome].name ? outcomes[outcome].name : "failed";
}

enum sealing jobs_outcome_shown(uint8_t outcome)
{
	return outcome < array_n(outcomes) ? outcomes[outcome].shown : SEALING_FAILED;
}

const char *jobs_outcome_text(uint8_t outcome)
{
	return outcome < array_n(outcomes) && outcomes[outcome].text ? outcomes[outcome].text : "It failed.";
}

bool jobs_outcome_is_of_disk(uint8_t outcome)
{
	return outcome == SEAL_NO_SPACE || outcome == SEAL_READ_ONLY || outcome == SEAL_DISK;
}
