/* What is read and written everywhere, when memory runs out: nothing malformed is seen in what is well-formed. */
#include "acts.h"

#include "format/varlink.h"
#include "library/backup.h"
#include "library/envelope.h"
#include "library/gfshare.h"
#include "library/json.h"
#include "library/policy_load.h"
#include "library/signature.h"
#include "library/yaml.h"

#include <fcntl.h>
#include <string.h>

static struct secret *identity, *file_key, *seed;
static struct recipient to;
static struct buffer header, record_list, label_text, blob, armor, key_line, interface_text, sealed;
static struct bulk *bulk;
static struct digest *digest;

static int act_label(void)
{
	OWN_BUFFER struct buffer again = {0};
	struct label l;
	int r = label_parse(buffer_bytes(&label_text), &l);

	if (r != 0)
		return r;
	r = label_format(&l, &again);
	if (r == 0 && !bytes_equal(buffer_bytes(&again), buffer_bytes(&label_text)))
		r = 1;
	label_done(&l);
	return r;
}

static int act_sealed_record(void)
{
	OWN_BUFFER struct buffer again = {0};
	struct sealed_record r;
	int result = sealed_record_parse(buffer_bytes(&record_list), &r);

	if (result == 0)
		result = sealed_record_format(&r, &again);
	return result == 0 && !bytes_equal(buffer_bytes(&again), buffer_bytes(&record_list)) ? 1 : result;
}

static int act_envelope_write(void)
{
	const struct envelope_plan plan = {
	    .file_key = file_key, .record = buffer_bytes(&record_list), .recipients = &to, .n_recipients = 1};
	OWN_BUFFER struct buffer made = {0};

	return envelope_write(&plan, &made);
}

static int act_envelope_open(void)
{
	OWNED(secret) struct secret *key = NULL;
	struct envelope_content content = {0};
	struct envelope e;
	int r = envelope_parse(buffer_bytes(&header), &e);

	if (r != 0)
		return r;
	r = envelope_unlock(&e, identity, &key);
	if (r == 0)
		r = envelope_open(&e, key, &content);
	envelope_content_done(&content);
	envelope_done(&e);
	return r;
}

static int act_signature(void)
{
	struct sshsig s, back;
	OWN_BUFFER struct buffer text = {0};
	int r = signature_sign(bytes_of_text("what is signed\n"), "classd", seed, &s);

	if (r != 0)
		return r;
	sshsig_write_armor(&s, &text);
	TRY(buffer_check(&text));
	return sshsig_parse(buffer_bytes(&text), &back);
}

static int act_verify(void)
{
	const struct signature_demand demand = {.space = "classd"};
	struct ssh_public_key key;

	return signature_verify(bytes_of_text("what is signed\n"), buffer_bytes(&armor), &demand, &key);
}

static int act_key_line(void)
{
	struct ssh_public_key key;

	return ssh_public_key_parse_line(buffer_bytes(&key_line), &key);
}

static int act_interface(void)
{
	struct varlink_interface *i = NULL;
	unsigned line;
	const char *reason;
	int r = varlink_interface_parse(buffer_bytes(&interface_text), &i, &line, &reason);

	if (r == 0)
		varlink_interface_free(i);
	return r;
}

static int act_json(void)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":\"text\"}],\"c\":null,\"d\":-5}";
	OWNED(json) struct json *value = NULL;
	OWN_MEM char *again = NULL;
	int r = json_parse(bytes_of_text(text), &value);

	if (r != 0)
		return r;
	again = json_text(value);
	return again ? !text_equal(again, text) : FAULT(ENOMEM, "text");
}

static int act_yaml(void)
{
	static const char text[] = "a: [1, 2]\nb:\n  c: text\n  d: \"more\"\n";
	struct yaml_node *tree = NULL;
	struct yaml_error error;
	int r = yaml_parse(bytes_of_text(text), &tree, &error);

	if (r == 0)
		yaml_tree_free(tree);
	return r;
}

static int act_policy(void)
{
	OWN_BUFFER struct buffer report = {0};
	struct policy *policy = NULL;
	int r = policy_load("policy/us", NULL, &policy, &report);

	if (r > 0)
		printf("# report: %.*s\n", (int)report.n, (const char *)report.at);
	if (r == 0)
		policy_free(policy);
	return r;
}

static int act_identity(void)
{
	OWNED(secret) struct secret *text = NULL;
	OWNED(secret) struct secret *plain = NULL;
	OWN_BUFFER struct buffer file = {0};

	TRY(identity_to_text(identity, &text));
	TRY(agefile_seal(text, &to, 1, &file));
	return agefile_open(buffer_bytes(&file), identity, &plain);
}

static int act_shares(void)
{
	OWNED(secret) struct secret *whole = NULL;
	struct share shares[5];
	int r = shares_split(identity, 5, 3, shares);

	if (r != 0)
		return r;
	r = shares_combine(shares + 1, 3, &whole);
	if (r == 0 && !secret_equal(whole, identity))
		r = 1;
	shares_done(shares, 5);
	return r;
}

static int act_backup(void)
{
	static const struct backup_manifest m = {.format = BACKUP_FORMAT, .made = "2026-05-04T00:00:00Z"};
	OWNED(backup_writer) struct backup_writer *w = NULL;
	int r = backup_writer_new(bulk, digest, &to, 1, &w);

	if (r == 0)
		r = backup_write_manifest(w, &m);
	if (r == 0)
		r = backup_write_whole(w, BACKUP_JOURNAL, buffer_bytes(&record_list));
	if (r == 0)
		r = backup_write_whole(w, BACKUP_ROOTS, buffer_bytes(&label_text));
	return r == 0 ? backup_end(w) : r;
}

static struct scene scenes[] = {
    {"a label", act_label, 1},
    {"a sealed record", act_sealed_record, 1},
    {"a header is written", act_envelope_write, 1},
    {"a header is opened", act_envelope_open, 1},
    {"a signature is made", act_signature, 1},
    {"a signature is verified", act_verify, 1},
    {"a line of a public key", act_key_line, 1},
    {"an interface file", act_interface, 1},
    {"JSON", act_json, 1},
    {"YAML", act_yaml, 1},
    {"a policy pack", act_policy, 2},
    {"an identity in an age file", act_identity, 1},
    {"shares of a secret", act_shares, 1},
    {"writing a backup", act_backup, 1},
};

static void read_all(const char *path, struct buffer *ret)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(files_read_rest(&files_linux, fd, 1 << 20, ret), 0);
}

static void make_record(void)
{
	struct sealed_record record = {.length = 4, .name = bytes_of_text("report.docx")};
	uint8_t commit[32], scope[32];
	char commit_hex[65], scope_hex[65];
	struct label l = {.record = "0192f0c4-1111-7222-8333-444455556666",
			  .version = 1,
			  .content = 1,
			  .state = "draft",
			  .level = "SECRET",
			  .protection = "SECRET",
			  .pack = "cn@2026.1",
			  .commit = commit_hex,
			  .scope = scope_hex};

	record.n_scope = 1;
	record.scope[0] = bytes_of_text("dept:planning");
	envelope_commitment(record.salt, record.digest, commit);
	text_hex(commit, 32, commit_hex);
	assert_int_equal(envelope_scope_hash(&record, scope), 0);
	text_hex(scope, 32, scope_hex);
	assert_int_equal(label_format(&l, &label_text), 0);
	record.label = buffer_bytes(&label_text);
	assert_int_equal(sealed_record_format(&record, &record_list), 0);
}

static void make_all(void)
{
	struct envelope_plan plan = {.recipients = &to, .n_recipients = 1};
	struct sshsig s;

	assert_int_equal(sodium_start(), 0);
	assert_int_equal(identity_new(&identity), 0);
	assert_int_equal(identity_recipient(identity, &to), 0);
	assert_int_equal(envelope_new_file_key(&file_key), 0);
	assert_int_equal(secret_new_random(ED25519_SEED, &seed), 0);
	assert_int_equal(bulk_new(&bulk), 0);
	assert_int_equal(digest_new(&digest), 0);
	make_record();
	plan.file_key = file_key;
	plan.record = buffer_bytes(&record_list);
	assert_int_equal(envelope_write(&plan, &header), 0);
	assert_int_equal(signature_sign(bytes_of_text("what is signed\n"), "classd", seed, &s), 0);
	sshsig_write_armor(&s, &armor);
	ssh_public_key_write_line(&s.key, &key_line);
	read_all("include/classd/org.classd.Records.varlink", &interface_text);
}

int main(int argc, char **argv)
{
	struct buffer *buffers[] = {&header, &record_list, &label_text,	    &blob,
				    &armor,  &key_line,	   &interface_text, &sealed};

	faults_begin(argc, argv);
	make_all();
	acts_all(scenes, array_n(scenes));
	for (size_t i = 0; i < array_n(buffers); i++)
		buffer_done(buffers[i]);
	secret_free(identity);
	secret_free(file_key);
	secret_free(seed);
	bulk_free(bulk);
	digest_free(digest);
	return faults_end();
}
