/* Signature blobs are canonical; armor and public key lines lead to what they carry. */
#include "format/sshsig.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	OWN_BUFFER struct buffer again = {0};
	struct ssh_public_key key;
	struct sshsig s, back;

	if (sshsig_parse_blob(bytes_of(data, n), &s) == 0) {
		sshsig_write_blob(&s, &again);
		MUST(bytes_equal(buffer_bytes(&again), bytes_of(data, n)));
	} else if (sshsig_parse(bytes_of(data, n), &s) == 0) {
		sshsig_write_armor(&s, &again);
		MUST(sshsig_parse_armor(buffer_bytes(&again), &back) == 0);
		MUST(ssh_public_key_equal(&s.key, &back.key));
	} else if (ssh_public_key_parse_line(bytes_of(data, n), &key) == 0) {
		ssh_public_key_write_line(&key, &again);
		MUST(ssh_public_key_parse_line(buffer_bytes(&again), &back.key) == 0);
		MUST(ssh_public_key_equal(&key, &back.key));
	}
	return 0;
}
