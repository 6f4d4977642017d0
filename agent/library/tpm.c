#include "library/tpm.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#define NO_SESSION ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE

struct tpm {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR parent;
	ESYS_TR object;
	ESYS_TR session;
	char **why;
};

static void flush(struct tpm *t, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		(void)Esys_FlushContext(t->esys, *handle); /* the resource manager does it too, at the latest */
	*handle = ESYS_TR_NONE;
}

static void tpm_close(struct tpm *t)
{
	if (t->esys) {
		flush(t, &t->session);
		flush(t, &t->object);
		flush(t, &t->parent);
	}
	Esys_Finalize(&t->esys);
	Tss2_TctiLdr_Finalize(&t->tcti);
}

static bool is_error(TSS2_RC rc, TSS2_RC format_zero_or_one)
{
	/* Format-one errors carry the number of the parameter, session or handle that they are about. */
	return (rc & (TPM2_RC_FMT1 | 0x3f)) == format_zero_or_one || (rc & 0xfff) == format_zero_or_one;
}

/* What an answer of the TPM means; only an error gets here. */
static int outcome_of(const struct tpm *t, TSS2_RC rc)
{
	free(*t->why);
	*t->why = text_copy(Tss2_RC_Decode(rc));
	if ((rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER)
		return TPM_ABSENT;
	if (is_error(rc, TPM2_RC_POLICY_FAIL) || is_error(rc, TPM2_RC_PCR_CHANGED))
		return TPM_CHANGED;
	return is_error(rc, TPM2_RC_INTEGRITY) || is_error(rc, TPM2_RC_SIZE) ? TPM_DAMAGED : TPM_REFUSED;
}

/* The template of tpm2_createprimary -G ecc: the same TPM makes the same key of it until its owner is cleared. */
static const TPM2B_PUBLIC storage_key = {
    .publicArea =
	{
	    .type = TPM2_ALG_ECC,
	    .nameAlg = TPM2_ALG_SHA256,
	    .objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
				TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH,
	    .parameters.eccDetail =
		{
		    .symmetric = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB},
		    .scheme = {.scheme = TPM2_ALG_NULL},
		    .curveID = TPM2_ECC_NIST_P256,
		    .kdf = {.scheme = TPM2_ALG_NULL},
		},
	},
};

static int make_parent(struct tpm *t)
{
	const TPM2B_SENSITIVE_CREATE nothing = {0};
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	TSS2_RC rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
					&nothing, &storage_key, &outside, &no_pcrs, &t->parent, NULL, NULL, NULL, NULL);

	return rc ? outcome_of(t, rc) : 0;
}

static int tpm_open(struct tpm *t, const char *tcti, char **why)
{
	TSS2_RC rc;

	*why = NULL;
	*t = (struct tpm){.parent = ESYS_TR_NONE, .object = ESYS_TR_NONE, .session = ESYS_TR_NONE, .why = why};
	if (setenv("TSS2_LOG", "all+none", 0)) /* what went wrong is said once, by us */
		return FAULT(errno, "quiet the TPM library");
	rc = Tss2_TctiLdr_Initialize(tcti, &t->tcti);
	if (rc == 0)
		rc = Esys_Initialize(&t->esys, t->tcti, NULL);
	if (rc) {
		*why = text_copy(Tss2_RC_Decode(rc));
		return TPM_ABSENT;
	}
	return make_parent(t);
}

/* Salted with the storage key and encrypting what goes over the bus in both directions. */
static TSS2_RC begin_session(struct tpm *t, TPM2_SE kind)
{
	const TPMT_SYM_DEF aes = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
	const TPMA_SESSION wanted =
	    TPMA_SESSION_CONTINUESESSION | (kind == TPM2_SE_TRIAL ? 0 : TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
	TSS2_RC rc = Esys_StartAuthSession(t->esys, t->parent, ESYS_TR_NONE, NO_SESSION, NULL, kind, &aes,
					   TPM2_ALG_SHA256, &t->session);

	return rc ? rc : Esys_TRSess_SetAttributes(t->esys, t->session, wanted, 0xff);
}

static TSS2_RC bind_to_pcrs(struct tpm *t, uint32_t pcrs)
{
	const TPM2B_DIGEST present = {0}; /* empty: as they are now */
	const TPML_PCR_SELECTION chosen = {
	    .count = 1,
	    .pcrSelections = {{.hash = TPM2_ALG_SHA256,
			       .sizeofSelect = 3,
			       .pcrSelect = {(uint8_t)pcrs, (uint8_t)(pcrs >> 8), (uint8_t)(pcrs >> 16)}}},
	};

	return Esys_PolicyPCR(t->esys, t->session, NO_SESSION, &present, &chosen);
}

static TSS2_RC policy_of(struct tpm *t, uint32_t pcrs, TPM2B_DIGEST *ret)
{
	TPM2B_DIGEST *digest = NULL;
	TSS2_RC rc = begin_session(t, TPM2_SE_TRIAL);

	if (rc == 0)
		rc = bind_to_pcrs(t, pcrs);
	if (rc == 0)
		rc = Esys_PolicyGetDigest(t->esys, t->session, NO_SESSION, &digest);
	if (rc == 0)
		*ret = *digest;
	Esys_Free(digest);
	flush(t, &t->session);
	return rc;
}

struct sealing {
	struct tpm *tpm;
	const TPM2B_PUBLIC *public;
	TPM2B_PRIVATE *ret_private;
	TPM2B_PUBLIC *ret_public;
	TSS2_RC rc;
};

static int create_object(struct bytes plain, void *context)
{
	struct sealing *s = context;
	const TPM2B_DATA outside = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = (uint16_t)plain.n};

	memcpy(sensitive.sensitive.data.buffer, plain.at, plain.n); /* tpm_seal() saw that it fits */
	s->rc = Esys_Create(s->tpm->esys, s->tpm->parent, s->tpm->session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
			    s->public, &outside, &no_pcrs, &s->ret_private, &s->ret_public, NULL, NULL, NULL);
	wipe(&sensitive, sizeof(sensitive));
	return 0;
}

static int keep_name(struct tpm *t, struct buffer *ret)
{
	TPM2B_NAME *name = NULL;
	TSS2_RC rc = Esys_TR_GetName(t->esys, t->parent, &name);

	if (rc)
		return outcome_of(t, rc);
	buffer_add(ret, name->name, name->size);
	Esys_Free(name);
	return buffer_check(ret);
}

static int keep_object(const struct sealing *s, struct tpm_object *ret)
{
	uint8_t public[sizeof(TPM2B_PUBLIC)], private[sizeof(TPM2B_PRIVATE)];
	size_t n_public = 0, n_private = 0;
	TSS2_RC rc = Tss2_MU_TPM2B_PUBLIC_Marshal(s->ret_public, public, sizeof(public), &n_public);

	if (rc == 0)
		rc = Tss2_MU_TPM2B_PRIVATE_Marshal(s->ret_private, private, sizeof(private), &n_private);
	if (rc)
		return outcome_of(s->tpm, rc);
	buffer_add(&ret->public, public, n_public);
	buffer_add(&ret->private, private, n_private);
	TRY(buffer_check(&ret->public));
	return buffer_check(&ret->private);
}

static int seal(struct tpm *t, uint32_t pcrs, const struct secret *plain, struct tpm_object *ret)
{
	TPM2B_PUBLIC public = {.publicArea = {.type = TPM2_ALG_KEYEDHASH,
					      .nameAlg = TPM2_ALG_SHA256,
					      .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
								  TPMA_OBJECT_NODA |
								  (pcrs ? 0 : TPMA_OBJECT_USERWITHAUTH),
					      .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL}};
	struct sealing s = {.tpm = t, .public = &public};
	TSS2_RC rc = pcrs ? policy_of(t, pcrs, &public.publicArea.authPolicy) : 0;
	int r;

	if (rc == 0)
		rc = begin_session(t, TPM2_SE_HMAC);
	if (rc)
		return outcome_of(t, rc);
	TRY(secret_lend(plain, create_object, &s));
	r = s.rc ? outcome_of(t, s.rc) : keep_object(&s, ret);
	Esys_Free(s.ret_private);
	Esys_Free(s.ret_public);
	return r ? r : keep_name(t, &ret->parent);
}

int tpm_seal(const struct tpm_place *place, const struct secret *plain, struct tpm_object *ret, char **ret_why)
{
	struct tpm t;
	int r;

	if (secret_length(plain) > TPM_SECRET_MAX)
		return FAULT(EMSGSIZE, "seal %zu bytes to a TPM", secret_length(plain));
	r = tpm_open(&t, place->tcti, ret_why);
	if (r == 0)
		r = seal(&t, place->pcrs, plain, ret);
	tpm_close(&t);
	return r;
}

/* Another storage key would not open it anyhow; but the session that hides the answer is salted with this one. */
static int check_parent(struct tpm *t, const struct tpm_object *object)
{
	OWN_BUFFER struct buffer name = {0};
	int r = keep_name(t, &name);

	if (r)
		return r;
	return bytes_equal(buffer_bytes(&name), buffer_bytes(&object->parent)) ? 0 : TPM_OTHER;
}

static int load(struct tpm *t, const struct tpm_object *object)
{
	TPM2B_PUBLIC public = {0};
	TPM2B_PRIVATE private = {0};
	size_t public_n = 0, private_n = 0;
	TSS2_RC rc;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(object->public.at, object->public.n, &public_n, &public) ||
	    public_n != object->public.n ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(object->private.at, object->private.n, &private_n, &private) ||
	    private_n != object->private.n)
		return TPM_DAMAGED;
	rc = begin_session(t, TPM2_SE_HMAC);
	if (rc == 0)
		rc = Esys_Load(t->esys, t->parent, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &private, &public,
			       &t->object);
	flush(t, &t->session);
	return rc ? outcome_of(t, rc) : 0;
}

static int unseal(struct tpm *t, uint32_t pcrs, struct secret **ret)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	TSS2_RC rc = begin_session(t, pcrs ? TPM2_SE_POLICY : TPM2_SE_HMAC);
	int r;

	if (rc == 0 && pcrs)
		rc = bind_to_pcrs(t, pcrs);
	if (rc == 0)
		/* It has no parameter that could be encrypted on its way in. */
		rc = Esys_TRSess_SetAttributes(t->esys, t->session, 0, TPMA_SESSION_DECRYPT);
	if (rc == 0)
		rc = Esys_Unseal(t->esys, t->object, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
	if (rc)
		return outcome_of(t, rc);
	r = secret_new_from(data->buffer, data->size, ret); /* wipes it */
	Esys_Free(data);
	return r;
}

int tpm_unseal(const struct tpm_place *place, const struct tpm_object *object, struct secret **ret, char **ret_why)
{
	struct tpm t;
	int r = tpm_open(&t, place->tcti, ret_why);

	if (r == 0)
		r = check_parent(&t, object);
	if (r == 0)
		r = load(&t, object);
	if (r == 0)
		r = unseal(&t, place->pcrs, ret);
	tpm_close(&t);
	return r;
}

void tpm_object_done(struct tpm_object *object)
{
	buffer_done(&object->parent);
	buffer_done(&object->public);
	buffer_done(&object->private);
}
