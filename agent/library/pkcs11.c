#include "library/pkcs11.h"

#include "base/text.h"

#include <errno.h>
#include <p11-kit/p11-kit.h>
#include <string.h>

#define SLOTS_MAX 64
#define KEYS_MAX  16
#define BLOCK_MAX 1024 /* RSA with 8192 bits */

static const struct method {
	const char *name;
	CK_RSA_PKCS_OAEP_PARAMS parameters;
} methods[] = {
    {"oaep-sha256", {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0}},
    {"oaep-sha1", {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0}},
};

struct token {
	CK_FUNCTION_LIST *module;
	bool is_started;
	CK_SESSION_HANDLE session; /* CK_INVALID_HANDLE: none */
	CK_FLAGS flags;		   /* of the token */
	uint8_t id[PKCS11_KEY_ID_MAX];
	size_t n_id;
	char **why;
};

const char *pkcs11_method(struct bytes name)
{
	for (size_t i = 0; i < array_n(methods); i++)
		if (bytes_equal_text(name, methods[i].name))
			return methods[i].name;
	return NULL;
}

static CK_MECHANISM mechanism_of(const char *name)
{
	CK_MECHANISM none = {CKM_RSA_PKCS_OAEP, NULL, 0};

	for (size_t i = 0; i < array_n(methods); i++)
		if (text_equal(methods[i].name, name))
			return (CK_MECHANISM){CKM_RSA_PKCS_OAEP, (void *)(uintptr_t)&methods[i].parameters,
					      sizeof(methods[i].parameters)};
	return none;
}

static int outcome_of(const struct token *t, CK_RV rv, int otherwise)
{
	free(*t->why);
	*t->why = text_copy(p11_kit_strerror(rv));
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE)
		return PKCS11_WRONG_PIN;
	if (rv == CKR_PIN_LOCKED)
		return PKCS11_LOCKED;
	return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_DEVICE_REMOVED ? PKCS11_ABSENT : otherwise;
}

static void token_close(struct token *t)
{
	if (t->session != CK_INVALID_HANDLE)
		(void)t->module->C_CloseSession(t->session); /* ends the login with it */
	if (t->is_started)
		(void)p11_kit_module_finalize(t->module);
	if (t->module)
		p11_kit_module_release(t->module);
}

static int start_module(struct token *t, const char *path)
{
	CK_RV rv;

	p11_kit_be_quiet();
	t->module = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
	if (!t->module) {
		*t->why = text_copy(p11_kit_message());
		return PKCS11_NO_MODULE;
	}
	rv = p11_kit_module_initialize(t->module);
	t->is_started = rv == CKR_OK;
	return rv ? outcome_of(t, rv, PKCS11_NO_MODULE) : 0;
}

static bool has_label(const CK_TOKEN_INFO *info, const char *label)
{
	size_t n = p11_kit_space_strlen(info->label, sizeof(info->label));

	return (info->flags & CKF_TOKEN_INITIALIZED) && bytes_equal_text(bytes_of(info->label, n), label);
}

static int find_slot(struct token *t, const char *label, CK_SLOT_ID *ret)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	CK_RV rv = t->module->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv)
		return outcome_of(t, rv, PKCS11_REFUSED);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info = {0};

		if (t->module->C_GetTokenInfo(slots[i], &info) == CKR_OK && has_label(&info, label)) {
			*ret = slots[i];
			t->flags = info.flags;
			return 0;
		}
	}
	return PKCS11_ABSENT;
}

struct login {
	struct token *token;
	CK_RV rv;
};

static int log_in_with(struct bytes pin, void *context)
{
	struct login *l = context;

	l->rv = l->token->module->C_Login(l->token->session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin.at, pin.n);
	return 0;
}

static int log_in(struct token *t, const struct secret *pin)
{
	struct login l = {.token = t};

	if (!(t->flags & CKF_LOGIN_REQUIRED))
		return 0;
	if (!pin && !(t->flags & CKF_PROTECTED_AUTHENTICATION_PATH))
		return PKCS11_NO_PIN;
	TRY(pin ? secret_lend(pin, log_in_with, &l) : log_in_with((struct bytes){0}, &l));
	return l.rv && l.rv != CKR_USER_ALREADY_LOGGED_IN ? outcome_of(t, l.rv, PKCS11_REFUSED) : 0;
}

static int token_open(struct token *t, const struct pkcs11_place *place, char **why)
{
	CK_SLOT_ID slot;
	CK_RV rv;
	int r;

	*why = NULL;
	*t = (struct token){.session = CK_INVALID_HANDLE, .why = why};
	r = start_module(t, place->module);
	if (r == 0)
		r = find_slot(t, place->token, &slot);
	if (r)
		return r;
	rv = t->module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
	return rv ? outcome_of(t, rv, PKCS11_REFUSED) : log_in(t, place->pin);
}

/* Keys */

static int find_objects(struct token *t, CK_ATTRIBUTE *wanted, CK_ULONG n_wanted, CK_OBJECT_HANDLE ret[KEYS_MAX],
			CK_ULONG *ret_n)
{
	CK_RV rv = t->module->C_FindObjectsInit(t->session, wanted, n_wanted);

	*ret_n = 0;
	if (rv)
		return outcome_of(t, rv, PKCS11_REFUSED);
	rv = t->module->C_FindObjects(t->session, ret, KEYS_MAX, ret_n);
	(void)t->module->C_FindObjectsFinal(t->session); /* what it found is here */
	return rv ? outcome_of(t, rv, PKCS11_REFUSED) : 0;
}

/* The RSA key of that class with the id in t; with an empty id, the only one. */
static int find_key(struct token *t, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *ret)
{
	CK_KEY_TYPE type = CKK_RSA;
	CK_OBJECT_HANDLE found[KEYS_MAX];
	CK_ATTRIBUTE wanted[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_ID, t->id, t->n_id}};
	CK_ULONG n;
	int r = find_objects(t, wanted, t->n_id ? 3 : 2, found, &n);

	if (r)
		return r;
	if (n != 1)
		return PKCS11_NO_KEY;
	*ret = found[0];
	return 0;
}

static int take_id(struct token *t, CK_OBJECT_HANDLE key)
{
	CK_ATTRIBUTE id = {CKA_ID, t->id, sizeof(t->id)};
	CK_RV rv = t->module->C_GetAttributeValue(t->session, key, &id, 1);

	if (rv || id.ulValueLen == 0 || id.ulValueLen > sizeof(t->id))
		return PKCS11_NO_KEY;
	t->n_id = id.ulValueLen;
	return 0;
}

static int set_id(struct token *t, const char *hex)
{
	t->n_id = strlen(hex) / 2;
	return t->n_id <= sizeof(t->id) && text_from_hex(hex, t->id, t->n_id) ? 0 : PKCS11_NO_KEY;
}

/* Wrapping */

static int decrypt(struct token *t, CK_OBJECT_HANDLE key, const struct pkcs11_wrapped *w, struct secret **ret)
{
	CK_MECHANISM mechanism = mechanism_of(w->method);
	uint8_t plain[BLOCK_MAX];
	CK_ULONG n = sizeof(plain);
	CK_RV rv = t->module->C_DecryptInit(t->session, &mechanism, key);

	if (rv)
		return outcome_of(t, rv, PKCS11_REFUSED);
	rv = t->module->C_Decrypt(t->session, w->bytes.at, w->bytes.n, plain, &n);
	if (rv || n > PKCS11_SECRET_MAX) {
		wipe(plain, sizeof(plain));
		return outcome_of(t, rv, PKCS11_DAMAGED);
	}
	return secret_new_from(plain, n, ret);
}

struct encrypting {
	struct token *token;
	CK_OBJECT_HANDLE key;
	struct pkcs11_wrapped *wrapped;
	CK_RV rv;
};

static int encrypt_with(struct bytes plain, void *context)
{
	struct encrypting *e = context;
	CK_FUNCTION_LIST *m = e->token->module;
	CK_MECHANISM mechanism = mechanism_of(e->wrapped->method);
	uint8_t block[BLOCK_MAX];
	CK_ULONG n = sizeof(block);

	e->rv = m->C_EncryptInit(e->token->session, &mechanism, e->key);
	if (e->rv == CKR_OK)
		e->rv = m->C_Encrypt(e->token->session, (CK_BYTE *)(uintptr_t)plain.at, plain.n, block, &n);
	if (e->rv)
		return 0;
	buffer_clear(&e->wrapped->bytes);
	buffer_add(&e->wrapped->bytes, block, n);
	return buffer_check(&e->wrapped->bytes);
}

/* There and back, because tokens list mechanisms that they then refuse. */
static int try_method(struct token *t, CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private, const struct secret *plain,
		      struct pkcs11_wrapped *w)
{
	struct encrypting e = {.token = t, .key = public, .wrapped = w};
	OWNED(secret) struct secret *back = NULL;
	int r;

	TRY(secret_lend(plain, encrypt_with, &e));
	r = e.rv ? outcome_of(t, e.rv, PKCS11_REFUSED) : decrypt(t, private, w, &back);
	if (r)
		return r;
	return secret_equal(plain, back) ? 0 : PKCS11_DAMAGED;
}

static int wrap(struct token *t, const struct secret *plain, struct pkcs11_wrapped *w)
{
	CK_OBJECT_HANDLE public, private;
	int r = find_key(t, CKO_PRIVATE_KEY, &private);

	if (r == 0 && t->n_id == 0)
		r = take_id(t, private);
	if (r == 0)
		r = find_key(t, CKO_PUBLIC_KEY, &public);
	if (r)
		return r;
	text_hex(t->id, t->n_id, w->key);
	r = PKCS11_REFUSED;
	for (size_t i = 0; r > 0 && i < array_n(methods); i++) {
		w->method = methods[i].name;
		r = try_method(t, public, private, plain, w);
	}
	return r;
}

int pkcs11_wrap(const struct pkcs11_place *place, const struct secret *plain, struct pkcs11_wrapped *ret,
		char **ret_why)
{
	struct token t;
	int r = token_open(&t, place, ret_why);

	if (r == 0)
		r = set_id(&t, place->key);
	if (r == 0)
		r = wrap(&t, plain, ret);
	token_close(&t);
	return r;
}

int pkcs11_unwrap(const struct pkcs11_place *place, const struct pkcs11_wrapped *wrapped, struct secret **ret,
		  char **ret_why)
{
	CK_OBJECT_HANDLE private;
	struct token t;
	int r = token_open(&t, place, ret_why);

	if (r == 0)
		r = set_id(&t, place->key);
	if (r == 0)
		r = find_key(&t, CKO_PRIVATE_KEY, &private);
	if (r == 0)
		r = decrypt(&t, private, wrapped, ret);
	token_close(&t);
	return r;
}
